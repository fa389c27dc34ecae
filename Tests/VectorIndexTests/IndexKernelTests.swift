import CKernelTwins
import CVectorKernels
import Testing

@testable import VectorIndex

struct IndexKernelTests {
    @Test(arguments: Variant.all(), [1, 3, 4, 16, 17, 50, 64, 200])
    func equalThePlainTwin(variant: Variant, dimension: Int) {
        for seed in 0..<UInt64(40) {
            let different = mq_twins_differ(variant.table.pointee.variant, dimension, seed)
            #expect(different == nil, "\(different.map { String(cString: $0) } ?? ""), seed \(seed)")
        }
    }

    @Test(arguments: Variant.all(), [1, 16, 37, 64])
    func exactScoresAreTheContract(variant: Variant, dimension: Int) {
        var random = SeededRandom(state: 90_210)
        for count in 0...33 {
            let vectors = (0..<count).map { _ in random.vector(dimension) }
            let query = random.vector(dimension)
            let offsets = vectors.map { _ in Float.random(in: -3...3, using: &random) }
            // Zeros behind each row.
            let padded = (dimension + 15) / 16 * 16
            let flat: [Float] = vectors.flatMap { $0 + [Float](repeating: 0, count: padded - dimension) } + [0]
            var scores = [Float](repeating: 0, count: count)
            flat.withUnsafeBufferPointer { flat in
                let rows: [UnsafePointer<Float>?] = (0..<count).map { row in
                    flat.baseAddress.map { $0 + row * padded }
                }
                variant.table.pointee.exact_scores(query, dimension, rows, offsets, count, &scores)
            }
            for row in 0..<count {
                var sum: Float = 0
                for i in 0..<dimension { sum = sum.addingProduct(vectors[row][i], query[i]) }
                #expect(scores[row].bitPattern == (sum + offsets[row]).bitPattern, "row \(row) of \(count)")
            }
        }
    }
}
