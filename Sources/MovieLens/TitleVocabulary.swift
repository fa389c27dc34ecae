public import Events

/// The distinct words of the movies' titles, in the order of their bytes: the same titles give the same numbers.
///
/// A title's words are what is left after its year is cut off, lower case, split on white space: 5,174 on ml-1m, at
/// most 15 a title (PaddlePaddle book, chapter 5). The book's own numbers came from a hash set and changed from run
/// to run.
public struct TitleVocabulary: Sendable, Equatable {
    /// Row `number` is the word.
    public let words: [String]
    private let numbers: [String: Int]

    /// The vocabulary of these movies' titles.
    public init(_ movies: [Movie]) {
        self.init(words: movies.flatMap { Self.words(of: $0.title) })
    }

    /// A vocabulary of these words, in any order and with repetitions; for one that was stored.
    public init(words: [String]) {
        self.words = SortedNames.distinct(words)
        numbers = SortedNames.numbers(self.words)
    }

    public var count: Int { words.count }

    /// The word's number, from 0; nil when it is not in the vocabulary.
    public func number(of word: String) -> Int? { numbers[word] }

    /// The numbers of a title's words in their order; words that are not in the vocabulary are left out.
    public func numbers(of title: String) -> [Int] { Self.words(of: title).compactMap { numbers[$0] } }

    /// A title's words in their order, with repetitions.
    public static func words(of title: String) -> [String] {
        TitleYear.split(title).name.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
