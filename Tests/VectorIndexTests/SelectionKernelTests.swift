import CVectorKernels
import Testing

struct SelectionKernelTests {
    private static let seed: UInt64 = 4711

    @Test(arguments: Variant.allGeneral())
    func boundAndCollectionEqualThePlainTwin(variant: Variant) {
        var random = SeededRandom(state: Self.seed)
        let plain = Variant.plain.general.pointee
        for n in stride(from: 16, through: 1600, by: 176) {
            for k in [1, 2, 10, 20, 33, 100, 256] {
                let pool: [Float] = [.nan, -.infinity, .infinity, 0, -0.0, 1, .leastNonzeroMagnitude, -3e38]
                let odds = Int.random(in: 0...3, using: &random)
                let scores = (0..<n).map { _ in
                    Int.random(in: 0...3, using: &random) < odds
                        ? pool.randomElement(using: &random) ?? 0 : Float.random(in: -5...5, using: &random)
                }
                let bound = variant.general.pointee.kth_bound(scores, n, k)
                #expect(bound.bitPattern == plain.kth_bound(scores, n, k).bitPattern, "seed \(Self.seed)")
                let reached = scores.indices.filter { scores[$0] >= bound }
                #expect(reached.count >= k || bound == -.infinity, "seed \(Self.seed), n \(n), k \(k)")
                var found = [UInt32](repeating: 0, count: n)
                let count = variant.general.pointee.collect(scores, n, bound, &found)
                #expect(found.prefix(count).map(Int.init) == reached)
            }
        }
    }
}
