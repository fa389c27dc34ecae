import VectorIndex

/// The exact best items of queries, of which every row is scored: what indexes are measured against.
final class ExactAnswers {
    /// Ids and scores, `VIB1.answers` a query.
    struct Columns {
        var ids: [Int32] = []
        var scores: [Float] = []
    }

    private let index: ExactIndex
    private let results = SearchResults()

    init(_ export: VectorExport) throws {
        index = ExactIndex(dimension: export.dimension)
        for place in export.movies.indices {
            try set(place, export.movieVector(place), offset: export.movieOffsets?[place] ?? 0)
        }
    }

    func set(_ item: Int, _ vector: ArraySlice<Float>, offset: Float) throws {
        try vector.withUnsafeBufferPointer {
            try index.upsert(item: UInt32(item), id: Int64(item), vector: $0, offset: offset)
        }
    }

    func append(_ query: ArraySlice<Float>, without seen: ArraySlice<UInt32>, to columns: inout Columns) throws {
        try query.withUnsafeBufferPointer { query in
            try seen.withUnsafeBufferPointer { seen in
                try index.search(query: query, k: VIB1.answers, excluding: seen, into: results)
            }
        }
        let missing = VIB1.answers - results.items(of: 0).count
        columns.ids += results.items(of: 0).map { Int32($0) } + Array(repeating: VIB1.noID, count: missing)
        columns.scores += results.scores(of: 0) + Array(repeating: VIB1.noScore, count: missing)
    }
}
