import Foundation
import Testing

@testable import MovieLens

/// `MARQUEE_TEST_DATA` names a folder that holds the published sets, each in a folder of its name. Their licence
/// forbids to ship them with the tests.
private let dataFolder = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"]

private func isThere(_ name: String) -> Bool {
    dataFolder.map { FileManager.default.fileExists(atPath: "\($0)/\(name)/ratings.dat") } ?? false
}

@Suite struct PublishedSetTests {
    @Test(.enabled(if: isThere("ml-1m"), "needs MARQUEE_TEST_DATA with ml-1m"))
    func ml1m() throws {
        let dataset = try MovieLensDataset(directory: "\(try #require(dataFolder))/ml-1m")
        let movies = try dataset.movies()
        #expect(dataset.name == "ml-1m")
        #expect(movies.count == 3883)
        #expect(movies.allSatisfy { $0.year != nil && !$0.genres.isEmpty && $0.genres.count <= 6 })
        #expect(try dataset.users().count == 6040)

        let words = TitleVocabulary(movies)
        #expect(words.count == 5174)
        #expect(movies.map { words.numbers(of: $0.title).count }.max() == 15)
        #expect(GenreVocabulary(movies).genres == TasteSpace.genres.map(\.name))

        let stream = try dataset.ratings().sortedByTime()
        #expect(stream.count == 1_000_209)
        #expect(stream.halfStars.allSatisfy { (2...10).contains($0) && $0.isMultiple(of: 2) })
        #expect(stream.halfStars.reduce(0) { $0 + Int($1) } == 7_164_626)
        #expect(zip(stream.timestampsSeconds, stream.timestampsSeconds.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test(.enabled(if: isThere("ml-100k"), "needs MARQUEE_TEST_DATA with ml-100k in ml-1m's layout"))
    func ml100k() throws {
        let dataset = try MovieLensDataset(directory: "\(try #require(dataFolder))/ml-100k")
        let movies = try dataset.movies()
        #expect(movies.count == 1682)
        #expect(movies.filter(\.genres.isEmpty).count == 2)
        #expect(GenreVocabulary(movies).count == 18)
        #expect(try dataset.users().count == 943)
        #expect(try dataset.ratings().count == 100_000)
    }
}
