import CVectorKernels
import Foundation
import Testing

@testable import VectorIndex

/// Figures, not checks: runs only where MARQUEE_BENCHMARK is set, best in a release build on an idle core.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MARQUEE_BENCHMARK"] != nil))
struct IndexBenchmark {
    private static let itemCount = 3883
    private static let exclusionCount = 165

    /// Seconds of the fastest of many runs: what the machine can do when nobody disturbs it.
    private func fastest(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<runs {
            let start = DispatchTime.now().uptimeNanoseconds
            try body()
            best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
        }
        return best
    }

    @Test(arguments: [(32, 10), (32, 20), (32, 100), (64, 10), (64, 20), (200, 10)])
    func searches(dimension: Int, k: Int) throws {
        var random = SeededRandom(state: 1)
        let index = ExactIndex(dimension: dimension)
        let vectors = (0..<Self.itemCount).map { _ in random.vector(dimension) }
        for (item, vector) in vectors.enumerated() {
            try index.upsert(item: UInt32(item), id: Int64(item), vector: vector, offset: 0)
        }
        let queries = random.vector(64 * dimension)
        let excluded = (0..<64 * Self.exclusionCount).map { _ in
            UInt32.random(in: 0..<UInt32(Self.itemCount), using: &random)
        }
        let results = SearchResults()
        try excluded.withUnsafeBufferPointer { excluded in
            let lists = (0..<64).map { query in
                UnsafeBufferPointer(
                    rebasing: excluded[query * Self.exclusionCount..<(query + 1) * Self.exclusionCount])
            }
            try lists.withUnsafeBufferPointer { lists in
                let batch = try fastest(300) {
                    try index.search(queries: queries, queryCount: 64, k: k, exclusions: lists, into: results)
                }
                let free = UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>(start: nil, count: 0)
                let unfiltered = try fastest(300) {
                    try index.search(queries: queries, queryCount: 64, k: k, exclusions: free, into: results)
                }
                let single = try queries.withUnsafeBufferPointer { queries in
                    var next = 0
                    return try fastest(50) {
                        for _ in 0..<64 {
                            let list = UnsafeBufferPointer(rebasing: lists[next..<next + 1])
                            let query = queries.baseAddress.map { $0 + next * dimension }
                            if let query {
                                try index.search(queries: query, queryCount: 1, k: k, exclusions: list, into: results)
                            }
                            next = (next + 1) % 64
                        }
                    }
                }
                let upserts = try fastest(20) {
                    for (item, vector) in vectors.enumerated() {
                        try index.upsert(item: UInt32(item), id: Int64(item), vector: vector, offset: 0)
                    }
                }
                let figures = [single / 64, batch / 64, unfiltered / 64, upserts / Double(Self.itemCount)]
                let text = figures.map { String(format: "%.2f", $0 * 1e6) }
                print(
                    "d \(dimension) k \(k): single \(text[0]) us, batch \(text[1]) us, without exclusions \(text[2]) us,",
                    "upsert \(text[3]) us")
            }
        }
    }
}
