import CVectorKernels
import Foundation
import Testing

@Suite(.serialized) struct TanhTests {
    private func tanhs(_ values: [Float]) -> [Float] {
        var values = values
        mq_tanh(&values, values.count)
        return values
    }

    /// Every 4,099th float from zero to infinity, of both signs: all magnitudes, and 260 of each.
    private static let sample: [Float] = stride(from: UInt32(0), through: 0x7F80_0000, by: 4099).flatMap {
        [Float(bitPattern: $0), -Float(bitPattern: $0)]
    }

    @Test func itIsWithinTwoUnitsInTheLastPlace() {
        var worst = 0.0
        for (x, y) in zip(Self.sample, tanhs(Self.sample)) {
            let exact = Foundation.tanh(Double(x))
            worst = max(worst, abs(Double(y) - exact) / Double(Float(exact).ulp))
        }
        #expect(worst < 2)
    }

    @Test func everyKernelVariantGivesTheSameBits() {
        var results: Set<[UInt32]> = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            results.insert(tanhs(Self.sample).bits)
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(results.count == 1)
    }

    @Test func theEndsAreExactAndWhatIsNoNumberStaysNone() {
        #expect(tanhs([0, .infinity, -.infinity, 50, -50]) == [0, 1, -1, 1, -1])
        #expect(tanhs([-0.0])[0].sign == .minus)
        #expect(tanhs([.nan])[0].isNaN)
        #expect(tanhs([]).isEmpty)
    }
}
