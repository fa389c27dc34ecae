import Learning
import VectorIndex

extension VectorExport {
    private static let resultCount = 10
    private static let exclusionCount = 500
    /// So many of them are excluded in the filtered part.
    private static let exclusionsUsed = 200

    /// The exchange format of index benchmarks, little-endian without padding: a header of 64 bytes, movies' vectors (the
    /// row's number is the id), users' vectors as queries, for each user ids he has seen, and the exact answers, unfiltered
    /// and without the first 200 seen. The mixed workload behind them, which a data set does not have, has no cycles.
    ///
    /// A list of seen ids has 500 places: of who has rated fewer, his ids are repeated.
    func writeVIB1(to path: String) throws {
        guard movies.count >= Self.resultCount + Self.exclusionsUsed else {
            throw UserFacingError(
                "VIB1 holds the best \(Self.resultCount) of each user without \(Self.exclusionsUsed) others: "
                    + "\(movies.count) movies are too few, write a .safetensors file")
        }
        let exclusions = seenRows()
        let answers = try ExactAnswers(self, count: Self.resultCount, exclusions: nil)
        let filtered = try ExactAnswers(
            self, count: Self.resultCount, exclusions: exclusions.map { Array($0.prefix(Self.exclusionsUsed)) })
        do {
            let file = try DurableFile(path: path)
            try file.write(header())
            try file.write(movieVectors)
            try file.write(userVectors)
            try file.write(exclusions.flatMap { $0.map { Int32($0) } })
            for part in [answers, filtered] {
                try file.write(part.rows)
                try file.write(part.scores)
            }
            try file.publish(as: path)
        } catch let failure as FileFailure {
            throw UserFacingError("can't write '\(path)': \(failure.reason)")
        }
    }

    private func header() -> [UInt8] {
        let counts = [
            1, movies.count, dimension, model.users.count, Self.resultCount, Self.exclusionCount, Self.exclusionsUsed,
            0,
            // Writes and queries of a cycle.
            256, 2, 64,
        ]
        let bytes =
            Array("VIB1".utf8)
            + counts.flatMap { count in
                withUnsafeBytes(of: UInt32(count).littleEndian) { Array($0) }
            }
        return bytes + [UInt8](repeating: 0, count: 64 - bytes.count)
    }

    /// For each user, 500 rows of movies that he rated.
    private func seenRows() -> [[UInt32]] {
        var rows: [Int64: UInt32] = [:]
        for (row, movie) in movies.enumerated() { rows[movie.movieID] = UInt32(row) }
        return model.users.map { user in
            let seen = user.rated.compactMap { rows[model.movies[Int($0)].movieID] }
            return (0..<Self.exclusionCount).map { seen.isEmpty ? 0 : seen[$0 % seen.count] }
        }
    }
}

/// The exact best movies of every user, as columns.
private struct ExactAnswers {
    var rows: [Int32] = []
    var scores: [Float] = []

    init(_ export: VectorExport, count: Int, exclusions: [[UInt32]]?) throws {
        let dimension = export.dimension
        let index = ExactIndex(dimension: dimension)
        try export.movieVectors.withUnsafeBufferPointer { vectors in
            for row in 0..<export.movies.count {
                try index.upsert(
                    item: UInt32(row), id: Int64(row),
                    vector: UnsafeBufferPointer(rebasing: vectors[row * dimension..<(row + 1) * dimension]), offset: 0)
            }
        }
        let results = SearchResults()
        try export.userVectors.withUnsafeBufferPointer { queries in
            for user in 0..<export.model.users.count {
                try (exclusions?[user] ?? []).withUnsafeBufferPointer { excluded in
                    try index.search(
                        query: UnsafeBufferPointer(rebasing: queries[user * dimension..<(user + 1) * dimension]),
                        k: count, excluding: excluded, into: results)
                }
                rows += results.items(of: 0).map { Int32($0) }
                scores += results.scores(of: 0)
            }
        }
    }
}

extension DurableFile {
    /// The elements' bytes, which are little-endian on every machine that this runs on.
    fileprivate func write<Element: BitwiseCopyable>(_ elements: [Element]) throws {
        try elements.withUnsafeBytes { try write($0) }
    }
}
