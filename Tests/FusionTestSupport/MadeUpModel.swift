import Events
public import Learning
import MovieLens

/// A small fusion model with random parameters, biases too, for tests that need no training.
public enum MadeUpModel {
    /// No length is a multiple of the kernels' 16.
    public static let oddDimensions = {
        var dimensions = FusionDimensions()
        dimensions.embedding = 6
        dimensions.sideEmbedding = 3
        dimensions.titleFilters = 5
        dimensions.tower = 20
        return dimensions
    }()

    public static func make(
        _ dimensions: FusionDimensions = oddDimensions, users: Int = 30, movies: Int = 40, seed: UInt64 = 1
    ) -> FusionModel {
        let stream = SyntheticStream(seed: seed, users: users, movies: movies, ratings: users * movies / 4)
        let catalogue = stream.movies()
        let genres = GenreVocabulary(catalogue)
        let words = TitleVocabulary(catalogue)
        let ratings = stream.ratings()
        let rated = stream.users().map { user in
            FusionUser(
                id: user.userID, profile: FusionProfile(user),
                rated: (0..<ratings.count).filter { Int64(ratings.userIDs[$0]) == user.userID }
                    .map { ratings.movieIDs[$0] - 1 }.sorted())
        }
        let sizes = FusionSizes(
            dimensions: dimensions, userRows: users + 1, movieRows: movies + 1, genres: genres.count, words: words.count
        )
        return FusionModel(
            parameters: parameters(sizes, seed: seed), genres: genres, words: words, movies: catalogue, users: rated)
    }

    /// Random numbers large enough for tanh to bend.
    public static func parameters(_ sizes: FusionSizes, seed: UInt64) -> FusionParameters {
        var parameters = FusionParameters(zeros: sizes)
        for (number, tensor) in FusionTensor.allCases.enumerated() {
            var random = SplitMix64(seed: seed &* 100 &+ UInt64(number))
            parameters[tensor] = (0..<sizes.count(of: tensor)).map { _ in random.nextSymmetric() * 0.6 }
        }
        return parameters
    }
}
