import Foundation
import VectorIndex

/// Every row moves five times, and then what is found is compared with the exact answers of that moment.
extension IndexBenchmark {
    private static let churn = 5
    /// Cosine between a row and what it becomes.
    private static let cosine = 0.999
    private static let seed: UInt64 = 7
    /// At most so many for the exact answers.
    private static let rowsScored = 25_600_000

    func measureChurn() throws {
        try fill()
        // The first queries of a partition look everywhere; those after the churn shall not.
        _ = try recallNow(Array(file.base))
        let dimension = file.dimension
        var random = NormalDraws(seed: Self.seed)
        var rows = Array(file.base)
        let batch = min(Self.batchSize, file.n)
        var vectors = [Float](repeating: 0, count: batch * dimension)
        var single: [Double] = []
        var together: [Double] = []
        for round in 0..<Self.churn {
            let order = random.distinct(file.n, below: file.n).map { UInt32($0) }
            for first in stride(from: 0, through: file.n - batch, by: batch) {
                for place in 0..<batch {
                    let row = Int(order[first + place]) * dimension
                    let moved = random.drifted(Array(rows[row..<row + dimension]), cosine: Self.cosine)
                    for i in 0..<dimension {
                        rows[row + i] = moved[i]
                        vectors[place * dimension + i] = moved[i]
                    }
                }
                let isOneByOne = round == 0 && first < 8 * batch
                let seconds = try write(order[first..<first + batch], vectors, oneByOne: isOneByOne)
                if isOneByOne {
                    single.append(seconds)
                } else {
                    together.append(seconds)
                }
            }
        }
        report.upsertsPerSecond.single = Double(batch) / quantile(single, 0.5)
        report.upsertsPerSecond.batch = Double(batch) / quantile(together, 0.5)
        report.recall.afterChurn = try recallNow(rows)
        try countRemoved()
    }

    private func write(_ items: ArraySlice<UInt32>, _ vectors: [Float], oneByOne: Bool) throws -> Double {
        let ids = items.map { Int64($0) }
        let offsets = items.map { file.offsets?.base[Int($0)] ?? 0 }
        return try items.withUnsafeBufferPointer { items in
            try vectors.withUnsafeBufferPointer { vectors in
                let start = MonotonicTime.seconds
                if oneByOne {
                    for place in 0..<items.count {
                        try index.upsert(
                            item: items[place], id: ids[place], vector: address(vectors, place * file.dimension),
                            offset: offsets[place])
                    }
                } else {
                    try index.upsert(
                        UpsertBatch(
                            items: address(items, 0), ids: ids, vectors: address(vectors, 0),
                            offsets: offsets, count: items.count))
                }
                return MonotonicTime.seconds - start
            }
        }
    }

    /// Against the scores of all rows in single precision.
    private func recallNow(_ rows: [Float]) throws -> Double {
        // Scoring all rows of a large file takes long.
        let asked = min(Self.batchSize, file.queryCount, max(16, Self.rowsScored / file.n))
        try index.search(
            queries: address(file.queries, 0), queryCount: asked, k: file.k,
            exclusions: UnsafeBufferPointer(start: nil, count: 0), into: results)
        var found = 0
        for query in 0..<asked {
            let vector = file.queries[query * file.dimension..<(query + 1) * file.dimension]
            let scores = scores(of: Array(vector), rows)
            let least = kth(scores, file.k)
            found += results.items(of: query).count { scores[Int($0)] >= least }
        }
        return Double(found) / Double(asked * min(file.k, file.n))
    }

    private func scores(of query: [Float], _ rows: [Float]) -> [Float] {
        let dimension = file.dimension
        return rows.withUnsafeBufferPointer { rows in
            query.withUnsafeBufferPointer { query in
                (0..<file.n).map { row in
                    var sum: Float = 0
                    for i in 0..<dimension { sum = sum.addingProduct(rows[row * dimension + i], query[i]) }
                    return sum + (file.offsets?.base[row] ?? 0)
                }
            }
        }
    }

    private func kth(_ scores: [Float], _ k: Int) -> Float {
        var best: [Float] = []
        for score in scores where best.count < k || score > best[k - 1] {
            if best.count == k { best.removeLast() }
            best.insert(score, at: best.firstIndex { $0 < score } ?? best.count)
        }
        return best.last ?? -.infinity
    }

    /// One row in a hundred goes, and must be in no answer.
    private func countRemoved() throws {
        let removed = Set(stride(from: UInt32(0), to: UInt32(file.n), by: 100))
        for item in removed { index.remove(item: item) }
        let asked = min(Self.batchSize, file.queryCount)
        try index.search(
            queries: address(file.queries, 0), queryCount: asked, k: file.k,
            exclusions: UnsafeBufferPointer(start: nil, count: 0), into: results)
        for query in 0..<asked {
            report.violations += results.items(of: query).count { removed.contains($0) }
        }
    }
}
