public import Events
public import MovieLens

/// A trained fusion model: two towers that give vectors of users and movies, and what they were trained on.
///
/// The recommender of the PaddlePaddle book, chapter 5: the stars of a pair are (5 cos(user, movie) + 5) / 2.
public struct FusionModel: Sendable {
    public static let scoreScale: Float = 5

    public var parameters: FusionParameters
    public let genres: GenreVocabulary
    public let words: TitleVocabulary
    /// By ascending id.
    public let movies: [Movie]
    /// By ascending id: those whose embeddings were trained.
    public let users: [FusionUser]

    public var sizes: FusionSizes { parameters.sizes }
    public var dimensions: FusionDimensions { parameters.sizes.dimensions }

    /// - Parameters:
    ///   - movies: By ascending id, each once; so are `users`.
    public init(
        parameters: FusionParameters, genres: GenreVocabulary, words: TitleVocabulary, movies: [Movie],
        users: [FusionUser]
    ) {
        self.parameters = parameters
        self.genres = genres
        self.words = words
        self.movies = movies
        self.users = users
    }

    /// The user with this id; O(log users).
    public func user(_ id: Int64) -> FusionUser? {
        position(of: id, among: users.count) { users[$0].id }.map { users[$0] }
    }

    /// The movie with this id; O(log movies).
    public func movie(_ id: Int64) -> Movie? {
        position(of: id, among: movies.count) { movies[$0].movieID }.map { movies[$0] }
    }

    /// Where an id stands among ascending ones.
    private func position(of id: Int64, among count: Int, _ idAt: (Int) -> Int64) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let found = idAt(middle)
            if found == id { return middle }
            range = found < id ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// What the movie tower takes of a movie.
    public func features(of movie: Movie) -> FusionMovieFeatures {
        FusionMovieFeatures(genres: genres.numbers(of: movie), words: words.numbers(of: movie.title))
    }

    /// The mean of all trained embeddings of users: what is fed for a user of whom no rating is known.
    public func meanUserEmbedding() -> [Float] {
        parameters.mean(of: .userEmbedding, rows: users.lazy.map { Int($0.id) })
    }

    /// The mean of the catalogue's embeddings: what is fed for a movie that training did not know.
    public func meanMovieEmbedding() -> [Float] {
        parameters.mean(of: .movieEmbedding, rows: movies.lazy.map { Int($0.movieID) })
    }
}

/// A user whom the model was trained on.
public struct FusionUser: Sendable, Equatable {
    public var id: Int64
    public var profile: FusionProfile
    /// What he had rated, in training or held out: positions in the catalogue, ascending.
    public var rated: [Int32]

    public init(id: Int64, profile: FusionProfile, rated: [Int32]) {
        self.id = id
        self.profile = profile
        self.rated = rated
    }
}

/// The numbers of a movie's genres and of its title's words, in their order.
public struct FusionMovieFeatures: Sendable, Equatable {
    public var genres: [Int]
    public var words: [Int]

    public init(genres: [Int], words: [Int]) {
        self.genres = genres
        self.words = words
    }
}
