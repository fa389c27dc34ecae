public import Events

/// The distinct genres of the movies, in the order of their bytes; 18 on ml-1m.
public struct GenreVocabulary: Sendable, Equatable {
    /// Row `number` is the genre.
    public let genres: [String]
    private let numbers: [String: Int]

    public init(_ movies: [Movie]) {
        self.init(genres: movies.flatMap(\.genres))
    }

    /// A vocabulary of these genres, in any order and with repetitions; for one that was stored.
    public init(genres: [String]) {
        self.genres = SortedNames.distinct(genres)
        numbers = SortedNames.numbers(self.genres)
    }

    public var count: Int { genres.count }

    /// The genre's number, from 0; nil when it is not in the vocabulary.
    public func number(of genre: String) -> Int? { numbers[genre] }

    /// The numbers of a movie's genres in their order; genres that are not in the vocabulary are left out.
    public func numbers(of movie: Movie) -> [Int] { movie.genres.compactMap { numbers[$0] } }
}
