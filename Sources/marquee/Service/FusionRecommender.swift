import Events
import Learning
import VectorIndex

/// Lists of a trained fusion model: movie vectors of length 1 in the index, asked with a user's vector.
final class FusionRecommender {
    struct Item {
        var movie: Movie
        /// Inner product × 5.
        var score: Float
    }

    let model: FusionModel
    let towers: FusionTowers
    /// An item is a position in the model's catalogue.
    private let index: ExactIndex
    private let results = SearchResults()

    init(_ model: FusionModel) throws {
        self.model = model
        towers = FusionTowers(model.parameters)
        index = ExactIndex(dimension: towers.dimension)
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        for (position, movie) in model.movies.enumerated() {
            model.movieVector(position, towers, into: &vector)
            try index.upsert(item: UInt32(position), id: movie.movieID, vector: vector, offset: 0)
        }
    }

    /// The best movies for a user, best first, without those he rated.
    ///
    /// - Parameters:
    ///   - id: Nil for somebody whom training did not know: he gets the mean of all embeddings.
    ///   - profile: What it says beats what the model knows of the user.
    ///   - seen: Ids of further movies that must not appear.
    func best(
        _ count: Int, user id: Int64?, profile: FusionProfile, excluding seen: Set<Int64> = []
    ) throws -> [Item] {
        var known: FusionUser?
        if let id {
            known = model.user(id)
            if known == nil {
                throw UserFacingError(
                    "the model knows no user \(id): leave --user out for somebody who has not rated, or train again")
            }
        }
        let query = model.userVector(known, profile, towers)
        var excluded = (known?.rated ?? []).map { UInt32($0) }
        if !seen.isEmpty {
            for (position, movie) in model.movies.enumerated() where seen.contains(movie.movieID) {
                excluded.append(UInt32(position))
            }
        }
        try query.withUnsafeBufferPointer { query in
            try excluded.withUnsafeBufferPointer { excluded in
                try index.search(
                    query: UnsafeBufferPointer(rebasing: query[..<towers.dimension]), k: count, excluding: excluded,
                    into: results)
            }
        }
        return zip(results.items(of: 0), results.scores(of: 0)).map { item, score in
            Item(movie: model.movies[Int(item)], score: score * FusionModel.scoreScale)
        }
    }
}
