public import Events
import Learning
public import MovieLens

/// A data set as the fusion model is trained on: pairs of ids with half stars, and what is known of both sides.
public struct FusionTrainingSet: Sendable {
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        case noRatings(dataset: String)
        case idTooLarge(id: Int64, max: Int64)

        public var description: String {
            switch self {
            case .noRatings(let dataset): "'\(dataset)' holds too few ratings to train on"
            case .idTooLarge(let id, let max):
                "the data set has the id \(id), but a fusion model has a row for each number up to its largest id, so "
                    + "ids end at \(max)"
            }
        }
    }

    public let name: String
    public let userIDs: [Int32]
    public let movieIDs: [Int32]
    /// 1…10.
    public let halfStars: [UInt8]
    /// By ascending id; with those that were rated but not announced, who have no title.
    public let movies: [Movie]
    /// By ascending id: those who rated.
    public let users: [UserProfile]
    public let genres: GenreVocabulary
    public let words: TitleVocabulary

    public var count: Int { userIDs.count }
    /// What a rating can be: whole stars from 1, or halves from 0.5 if there are any.
    public var starRange: ClosedRange<Float> { halfStars.contains { $0 % 2 == 1 } ? 0.5...5 : 1...5 }

    /// - Parameter table: In any order.
    public init(name: String, ratings table: RatingTable, movies: [Movie], users: [UserProfile]) throws(Failure) {
        guard table.count >= 20 else { throw .noRatings(dataset: name) }
        self.name = name
        userIDs = table.userIDs
        movieIDs = table.movieIDs
        halfStars = table.halfStars
        var catalogue: [Int64: Movie] = [:]
        for movie in movies { catalogue[movie.movieID] = movie }
        for id in Set(movieIDs) where catalogue[Int64(id)] == nil {
            catalogue[Int64(id)] = Movie(movieID: Int64(id), title: "")
        }
        self.movies = catalogue.values.sorted { $0.movieID < $1.movieID }
        var profiles: [Int64: UserProfile] = [:]
        for user in users { profiles[user.userID] = user }
        self.users = Set(userIDs).sorted().map { profiles[Int64($0)] ?? UserProfile(userID: Int64($0)) }
        for id in [self.movies.last?.movieID ?? 0, self.users.last?.userID ?? 0] where id > FusionModelFile.idMax {
            throw .idTooLarge(id: id, max: FusionModelFile.idMax)
        }
        genres = GenreVocabulary(self.movies)
        words = TitleVocabulary(self.movies)
    }

    /// Reads a whole data set.
    public init(_ dataset: some RatingDataset) throws {
        try self.init(
            name: dataset.name, ratings: try dataset.ratings(), movies: try dataset.movies(),
            users: try dataset.users())
    }

    func sizes(_ dimensions: FusionDimensions) -> FusionSizes {
        FusionSizes(
            dimensions: dimensions, userRows: Int(users.last?.userID ?? 0) + 1,
            movieRows: Int(movies.last?.movieID ?? 0) + 1, genres: genres.count, words: words.count)
    }

    /// By row of the id embedding.
    func profiles(rows: Int) -> [FusionProfile] {
        var profiles = [FusionProfile](repeating: FusionProfile(), count: rows)
        for user in users { profiles[Int(user.userID)] = FusionProfile(user) }
        return profiles
    }

    func features(rows: Int) -> [FusionMovieFeatures] {
        var features = [FusionMovieFeatures](repeating: FusionMovieFeatures(genres: [], words: []), count: rows)
        for movie in movies {
            features[Int(movie.movieID)] = FusionMovieFeatures(
                genres: genres.numbers(of: movie), words: words.numbers(of: movie.title))
        }
        return features
    }

    /// Those who rated, with positions in the catalogue of all that they rated.
    func ratedUsers() -> [FusionUser] {
        var positions: [Int32: Int32] = [:]
        for (position, movie) in movies.enumerated() { positions[Int32(movie.movieID)] = Int32(position) }
        var rated: [Int32: [Int32]] = [:]
        for at in 0..<count {
            if let position = positions[movieIDs[at]] { rated[userIDs[at], default: []].append(position) }
        }
        return users.map { user in
            FusionUser(
                id: user.userID, profile: FusionProfile(user), rated: Set(rated[Int32(user.userID)] ?? []).sorted())
        }
    }
}
