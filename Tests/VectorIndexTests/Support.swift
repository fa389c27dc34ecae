import CVectorKernels
import Foundation

@testable import VectorIndex

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func vector(_ dimension: Int, coarse: Bool = false) -> [Float] {
        // Coarse coordinates make many equal scores.
        (0..<dimension).map { _ in
            coarse ? Float(Int.random(in: -1...1, using: &self)) : Float.random(in: -1...1, using: &self)
        }
    }
}

/// A variant of the kernels that this processor runs.
enum Variant: CaseIterable {
    case plain, avx2, avx512, neon

    private var code: mq_variant {
        switch self {
        case .plain: MQ_VARIANT_PLAIN
        case .avx2: MQ_VARIANT_AVX2
        case .avx512: MQ_VARIANT_AVX512
        case .neon: MQ_VARIANT_NEON
        }
    }

    /// The kernels of the index.
    var table: UnsafePointer<mq_index_kernel_table> { mq_index_kernels_of(code) }
    /// All others.
    var general: UnsafePointer<mq_kernel_table> { mq_kernels_of(code) }

    static func all() -> [Variant] { allCases.filter { mq_index_kernels_of($0.code) != nil } }
    static func allGeneral() -> [Variant] { allCases.filter { mq_kernels_of($0.code) != nil } }
}

/// What the index must equal: a dictionary and a sort.
struct BruteForce {
    struct Row {
        var id: Int64
        var vector: [Float]
        var offset: Float
    }

    struct Answer: Equatable {
        var item: UInt32
        var id: Int64
        var scoreBits: UInt32
    }

    var rows: [UInt32: Row] = [:]

    func search(_ query: [Float], k: Int, excluding: Set<UInt32> = []) -> [Answer] {
        var scored: [(score: Float, id: Int64, item: UInt32)] = []
        for (item, row) in rows where !excluding.contains(item) {
            var sum: Float = 0
            for i in query.indices { sum = fmaf(row.vector[i], query[i], sum) }
            let score = sum + row.offset
            if !score.isNaN { scored.append((score, row.id, item)) }
        }
        scored.sort { left, right in
            if left.score != right.score { return left.score > right.score }
            return (left.id, left.item) < (right.id, right.item)
        }
        return scored.prefix(k).map { Answer(item: $0.item, id: $0.id, scoreBits: $0.score.bitPattern) }
    }
}

extension VectorIndex {
    /// A batch of upserts with the items as ids.
    func upsert(_ items: [UInt32], vectors: [Float]) throws {
        let ids = items.map { Int64($0) }
        try items.withUnsafeBufferPointer { items in
            try ids.withUnsafeBufferPointer { ids in
                try vectors.withUnsafeBufferPointer { vectors in
                    guard let items = items.baseAddress, let ids = ids.baseAddress, let base = vectors.baseAddress
                    else { return }
                    try upsert(
                        UpsertBatch(
                            items: items, ids: ids, vectors: base, offsets: nil, count: vectors.count / dimension))
                }
            }
        }
    }

    /// Searches a batch of queries, with an exclusion list each or none at all.
    func answers(
        _ queries: [[Float]], k: Int, excluding lists: [[UInt32]] = [], among filter: ItemSet? = nil,
        into results: SearchResults = SearchResults()
    ) throws -> [[BruteForce.Answer]] {
        let storage = lists.map { list in
            let copy = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: list.count)
            _ = copy.initialize(from: list)
            return UnsafeBufferPointer(copy)
        }
        defer { for list in storage { list.deallocate() } }
        try storage.withUnsafeBufferPointer { exclusions in
            try search(
                queries: queries.flatMap { $0 }, queryCount: queries.count, k: k, exclusions: exclusions, among: filter,
                into: results)
        }
        return results.answers
    }
}

extension SearchResults {
    var answers: [[BruteForce.Answer]] {
        (0..<queryCount).map { query in
            (0..<count(of: query)).map {
                BruteForce.Answer(
                    item: items(of: query)[$0], id: ids(of: query)[$0], scoreBits: scores(of: query)[$0].bitPattern)
            }
        }
    }
}
