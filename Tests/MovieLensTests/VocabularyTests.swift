import Events
import Foundation
import Testing

@testable import MovieLens

@Suite struct VocabularyTests {
    @Test(
        arguments: [
            ("Heat (1995)", "Heat ", 1995), ("Heat (1995)  ", "Heat ", 1995), ("Heat", "Heat", nil),
            ("Heat (1995", "Heat (1995", nil), ("Heat 1995)", "Heat 1995)", nil), ("(1995)", "", 1995),
            ("Heat (12)", "Heat ", nil), ("Heat (Again) (1995)", "Heat (Again) ", 1995),
            ("Heat (Again)", "Heat (Again)", nil),
            ("Heat (1994–2004)", "Heat ", 1994), ("Heat (2016-)", "Heat ", 2016), ("Heat ()", "Heat ()", nil),
            ("Heat (1995-x)", "Heat (1995-x)", nil), ("", "", nil),
        ] as [(String, String, Int?)])
    func splitsTheYearOff(title: String, name: String, year: Int?) {
        let split = TitleYear.split(title)
        #expect(split.name == name)
        #expect(split.year == year)
    }

    private let movies = [
        Movie(movieID: 1, title: "The Café  of the Lost (1999)", genres: ["War", "Drama"]),
        Movie(movieID: 2, title: "Zebra, The", genres: ["Drama", "Action"]),
    ]

    @Test func wordsAreSortedAndDistinct() {
        let vocabulary = TitleVocabulary(movies)
        #expect(vocabulary.words == ["café", "lost", "of", "the", "zebra,"])
        #expect(vocabulary == TitleVocabulary(movies.reversed()))
        #expect(vocabulary == TitleVocabulary(words: vocabulary.words))
        #expect(vocabulary.numbers(of: "THE the nobody café (2001)") == [3, 3, 0])
        #expect(vocabulary.number(of: "lost") == 1)
        #expect(vocabulary.number(of: "Lost") == nil)
    }

    @Test func genresAreSortedAndDistinct() {
        let vocabulary = GenreVocabulary(movies)
        #expect(vocabulary.genres == ["Action", "Drama", "War"])
        #expect(vocabulary.numbers(of: movies[0]) == [2, 1])
        #expect(vocabulary.number(of: "Western") == nil)
        #expect(vocabulary == GenreVocabulary(genres: ["War", "Action", "Drama", "War"]))
    }
}
