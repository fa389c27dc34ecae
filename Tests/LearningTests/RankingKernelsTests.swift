import CVectorKernels
import Foundation
import Testing

/// The kernels of ranking head and blend: every variant against the plain twin, bit for bit, and the plain twin against its
/// definition.
struct RankingKernelsTests {
    private let seed = KernelsVariants.seed

    @Test func softmaxIsTheSameInEveryVariantAndNearTheExact() {
        var random = SeededRandom(seed: seed)
        for spread in [0.1, 1, 10, 60, 1000] as [Float] {
            for length in KernelsVariants.lengths {
                let values = (0..<length).map { _ in Float.random(in: -spread...spread, using: &random) }
                var plain = values
                let sum = KernelsVariants.plain().pointee.softmax(&plain, length)
                let top = values.max() ?? 0
                for at in 0..<length where values[at] - top > -87 {
                    let exact = exp(Double(values[at] - top))
                    #expect(abs(Double(plain[at]) - exact) < 3e-7 * exact)
                }
                #expect(plain.allSatisfy { $0 > 0 && $0 <= 1 })
                #expect(abs(plain.reduce(0, +) - sum) < 1e-5 * sum)
                for table in KernelsVariants.vectorised() {
                    var fast = values
                    #expect(table.pointee.softmax(&fast, length).bitPattern == sum.bitPattern)
                    #expect(fast.bits == plain.bits, "seed \(seed), spread \(spread), length \(length)")
                }
            }
        }
    }

    @Test func softmaxOfExtremesIsFinite() {
        for values in [[Float](repeating: -1e30, count: 16), [3e38] + [Float](repeating: -3e38, count: 15)] {
            for table in [KernelsVariants.plain()] + KernelsVariants.vectorised() {
                var powers = values
                let sum = table.pointee.softmax(&powers, 16)
                #expect(sum >= 1 && sum <= 16 && mq_all_finite(powers, 16))
            }
        }
    }

    @Test func logarithmsAreTheSameInEveryVariantAndNearTheExact() {
        var random = SeededRandom(seed: seed)
        let ranges: [ClosedRange<Float>] = [0.9...1.1, 0.001...1000, 1e-30...1e-20, 1e20...1e30]
        for range in ranges {
            let values = (0..<208).map { _ in Float.random(in: range, using: &random) }
            var plain = values
            KernelsVariants.plain().pointee.logarithms(&plain, 208)
            for at in values.indices {
                let exact = log(Double(values[at]))
                #expect(abs(Double(plain[at]) - exact) < 3e-7 * max(abs(exact), 0.3), "\(values[at])")
            }
            for table in KernelsVariants.vectorised() {
                var fast = values
                table.pointee.logarithms(&fast, 208)
                #expect(fast.bits == plain.bits, "seed \(seed)")
            }
        }
        var ones = [Float](repeating: 1, count: 16)
        KernelsVariants.plain().pointee.logarithms(&ones, 16)
        #expect(ones.allSatisfy { $0 == 0 })
    }

    /// Rows of a vector, its offset, and the two sums of squares.
    private func rows(_ count: Int, _ length: Int, _ random: inout SeededRandom) -> [[Float]] {
        (0..<count).map { _ in
            KernelsNumbers.ordinary.row(length + 1, &random) + [0.1, 0.3]
        }
    }

    private func withPointers<Result>(
        _ rows: inout [[Float]], _ order: [Int], _ body: ([UnsafeMutablePointer<Float>?]) -> Result
    ) -> Result {
        let stride = rows[0].count
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: rows.count * stride)
        defer { memory.deallocate() }
        for (at, row) in rows.enumerated() { (memory + at * stride).update(from: row, count: stride) }
        let result = body(order.map { memory + $0 * stride })
        for at in rows.indices { rows[at] = Array(UnsafeBufferPointer(start: memory + at * stride, count: stride)) }
        return result
    }

    @Test func gatheredScoresAreTheSameInEveryVariant() {
        var random = SeededRandom(seed: seed)
        // Rows are taken some at a time; of the last ones there are fewer.
        for (length, count) in [(16, 6), (64, 6), (80, 6), (64, 1), (64, 3), (64, 4), (32, 13), (64, 49)] {
            var table = rows(9, length, &random)
            let query = KernelsNumbers.ordinary.row(length, &random)
            let order = (0..<count).map { _ in Int.random(in: 0..<9, using: &random) }
            withPointers(&table, order) { pointers in
                let constant = pointers.map { UnsafePointer($0) }
                var plain = [Float](repeating: 0, count: count)
                KernelsVariants.plain().pointee.gathered_scores(query, constant, count, length, &plain)
                for (at, row) in constant.enumerated() {
                    guard let row else { continue }
                    #expect(plain[at] == KernelsVariants.plain().pointee.dot16(query, row, length) + row[length])
                }
                for variant in KernelsVariants.vectorised() {
                    var fast = [Float](repeating: 0, count: count)
                    variant.pointee.gathered_scores(query, constant, count, length, &fast)
                    #expect(fast.bits == plain.bits, "seed \(seed), length \(length), \(count) rows")
                }
            }
        }
    }

    @Test func rankingStepIsTheSameInEveryVariant() {
        var random = SeededRandom(seed: seed)
        let (rate, biasRate, reg): (Float, Float, Float) = (0.1, 0.2, 0.01)
        // Up to 64 rows are taken at a time, and up to 64 columns.
        for (length, count) in [(16, 6), (48, 6), (64, 6), (80, 6), (64, 64), (80, 65), (144, 150)] {
            let start = rows(9, length, &random)
            // One row comes twice in a row, and the others some time.
            let order = [1, 1] + (2..<count).map { _ in Int.random(in: 0..<9, using: &random) }
            let gradients = KernelsNumbers.ordinary.row(order.count, &random)
            let query = KernelsNumbers.ordinary.row(length, &random)
            func stepped(_ table: KernelTable) -> ([[Float]], [Float]) {
                var (rows, gradient) = (start, [Float](repeating: 0, count: length))
                withPointers(&rows, order) {
                    table.pointee.ranking_step(
                        $0, gradients, order.count, query, &gradient, length, rate, biasRate, reg)
                }
                return (rows, gradient)
            }
            // The definition, row by row.
            var (rows, gradient) = (start, [Float](repeating: 0, count: length))
            let share = KernelsVariants.plain().pointee.dot16(query, query, length) / Float(length)
            for (at, number) in order.enumerated() {
                let (g, old) = (gradients[at], rows[number])
                let bias = fmaf(-reg, old[length], g)
                rows[number][length + 1] = fmaf(bias, bias, old[length + 1])
                rows[number][length] = fmaf(biasRate, bias / rows[number][length + 1].squareRoot(), old[length])
                rows[number][length + 2] = fmaf(g * g, share, old[length + 2])
                let scale = rate / rows[number][length + 2].squareRoot()
                for i in 0..<length {
                    gradient[i] = fmaf(g, old[i], gradient[i])
                    rows[number][i] = fmaf(scale, fmaf(g, query[i], -reg * old[i]), old[i])
                }
            }
            let plain = stepped(KernelsVariants.plain())
            #expect(plain.0.map(\.bits) == rows.map(\.bits) && plain.1.bits == gradient.bits)
            for variant in KernelsVariants.vectorised() {
                let fast = stepped(variant)
                #expect(fast.0.map(\.bits) == plain.0.map(\.bits), "seed \(seed), length \(length)")
                #expect(fast.1.bits == plain.1.bits, "seed \(seed), length \(length)")
            }
        }
    }

    @Test func adagradStepIsTheSameInEveryVariant() {
        var random = SeededRandom(seed: seed)
        for length in KernelsVariants.lengths {
            let row = KernelsNumbers.ordinary.row(length, &random)
            let squares = (0..<length).map { _ in Float.random(in: 0.1...9, using: &random) }
            let gradient = KernelsNumbers.ordinary.row(length, &random)
            var (plainRow, plainSquares) = (row, squares)
            KernelsVariants.plain().pointee.adagrad_step(&plainRow, &plainSquares, gradient, length, 0.2, 0.01)
            for i in 0..<length {
                let x = fmaf(-0.01, row[i], gradient[i])
                #expect(plainSquares[i] == fmaf(x, x, squares[i]))
                #expect(plainRow[i] == fmaf(0.2, x / plainSquares[i].squareRoot(), row[i]))
            }
            for variant in KernelsVariants.vectorised() {
                var (fastRow, fastSquares) = (row, squares)
                variant.pointee.adagrad_step(&fastRow, &fastSquares, gradient, length, 0.2, 0.01)
                #expect(fastRow.bits == plainRow.bits && fastSquares.bits == plainSquares.bits, "seed \(seed)")
            }
        }
    }

    @Test func theLeastIsFoundFirstInEveryVariant() {
        var random = SeededRandom(seed: seed)
        for length in KernelsVariants.lengths {
            let values = (0..<length).map { _ in Float(Int.random(in: 0..<9, using: &random)) }
            let expected = values.firstIndex(of: values.min() ?? 0)
            for table in [KernelsVariants.plain()] + KernelsVariants.vectorised() {
                #expect(table.pointee.least_index(values, length) == expected)
            }
        }
    }
}
