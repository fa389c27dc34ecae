import Events
import Foundation
import Testing

@testable import MovieLens

@Suite struct LayoutTests {
    /// The stream of every fixture: by time, then user, then movie.
    private func expectStream(_ ratings: RatingTable, halfStars: [UInt8]) {
        let stream = ratings.sortedByTime()
        #expect(stream.timestampsSeconds == [900, 900, 1000])
        #expect(stream.userIDs == [1, 2, 1])
        #expect(stream.movieIDs == [2, 1, 1])
        #expect(stream.halfStars == halfStars)
    }

    @Test(arguments: [String.Encoding.isoLatin1, .utf8], [false, true])
    func readsDoubleColon(encoding: String.Encoding, hasWindowsLineEnds: Bool) throws {
        let files = Fixtures.doubleColon.mapValues {
            hasWindowsLineEnds ? $0.replacingOccurrences(of: "\n", with: "\r\n") : $0
        }
        let folder = try TemporaryFolder(files, encoding: encoding)
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(dataset.layout == .doubleColon)
        #expect(
            try dataset.movies() == [
                Movie(movieID: 1, title: "Café Amber (1995)", year: 1995, genres: ["Comedy", "Drama"]),
                Movie(movieID: 2, title: "Silent Lantern, The (1931)", year: 1931, genres: ["Film-Noir"]),
                Movie(movieID: 7, title: "No Year At All", year: nil, genres: []),
            ])
        #expect(
            try dataset.users() == [
                UserProfile(userID: 1, gender: .female, age: 1, occupation: 10, zip: "12345"),
                UserProfile(userID: 2, gender: .male, age: 56, occupation: 20, zip: "98765-4321"),
            ])
        expectStream(try dataset.ratings(), halfStars: [6, 2, 10])
    }

    @Test(arguments: [false, true])
    func readsCommaSeparated(hasWindowsLineEnds: Bool) throws {
        let files = Fixtures.commaSeparated.mapValues {
            hasWindowsLineEnds ? $0.replacingOccurrences(of: "\n", with: "\r\n") : $0
        }
        let folder = try TemporaryFolder(files)
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(dataset.layout == .commaSeparated)
        #expect(
            try dataset.movies() == [
                Movie(movieID: 1, title: "Café Amber (1995)", year: 1995, genres: ["Comedy", "Drama"]),
                Movie(movieID: 2, title: "Silent Lantern, The (1931)", year: 1931, genres: ["Film-Noir"]),
                Movie(movieID: 3, title: "The \"Quoted\" One (2003)", year: 2003, genres: []),
                Movie(movieID: 4, title: "Serial, A (2016–2019)", year: 2016, genres: ["Sci-Fi"]),
            ])
        #expect(try dataset.users().isEmpty)
        expectStream(try dataset.ratings(), halfStars: [1, 10, 9])
    }

    @Test(arguments: [String.Encoding.isoLatin1, .utf8])
    func readsOriginal100K(encoding: String.Encoding) throws {
        let folder = try TemporaryFolder(Fixtures.original100K, encoding: encoding)
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(dataset.layout == .original100K)
        #expect(
            try dataset.movies() == [
                Movie(movieID: 1, title: "Café Amber (1995)", year: 1995, genres: ["Action", "Comedy"]),
                Movie(movieID: 2, title: "Nowhere (1971)", year: 1971, genres: []),
            ])
        #expect(
            try dataset.users() == [
                UserProfile(userID: 1, gender: .male, age: 24, occupation: 17, zip: "85711"),
                UserProfile(userID: 2, gender: .female, age: 53, occupation: 19, zip: "T8H1N"),
            ])
        expectStream(try dataset.ratings(), halfStars: [6, 2, 10])
    }

    @Test func aSetWithoutUsersFileHasNoUsers() throws {
        let folder = try TemporaryFolder(Fixtures.doubleColon.filter { $0.key != "users.dat" })
        #expect(try MovieLensDataset(directory: folder.path).users().isEmpty)
    }

    @Test(arguments: ["", "\n", "\r\n", "\n\n\r\n", "\r"])
    func theLastLineMayEndAnyhow(end: String) throws {
        var files = Fixtures.doubleColon
        files["ratings.dat"] = "1::1::5::1000\n\n1::2::3.5::900" + end
        files["movies.dat"] = "1::Café Amber (1995)::Comedy" + end
        let folder = try TemporaryFolder(files)
        let dataset = try MovieLensDataset(directory: folder.path + "/")
        #expect(try dataset.ratings().halfStars == [10, 7])
        #expect(try dataset.movies().map(\.genres) == [["Comedy"]])
    }

    @Test func emptyFilesHoldNothing() throws {
        let folder = try TemporaryFolder(["movies.dat": "", "ratings.dat": "", "users.dat": ""])
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(try dataset.movies().isEmpty && dataset.users().isEmpty && dataset.ratings().isEmpty)
        #expect(try dataset.ratings().sortedByTime().isEmpty)
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let folder = try TemporaryFolder(Fixtures.commaSeparated.mapValues { "\u{FEFF}" + $0 })
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(try dataset.ratings().count == 3)
        #expect(try dataset.movies().count == 4)
    }

    @Test func aQuotedTitleMayHoldALineBreak() throws {
        var files = Fixtures.commaSeparated
        files["movies.csv"] = "movieId,title,genres\n1,\"Two\nLines (1999)\",Drama\nx,Bad,Drama\n"
        let folder = try TemporaryFolder(files)
        let dataset = try MovieLensDataset(directory: folder.path)
        #expect(
            throws: MovieLensError.badLine(
                file: "movies.csv", lineNumber: 4, expected: "a movie id from 1 to 2147483647", found: "'x'")
        ) {
            try dataset.movies()
        }
    }

    @Test func everyOccupationOf100KHasACode() {
        let names = [
            "administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive", "healthcare",
            "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer", "retired", "salesman",
            "scientist", "student", "technician", "writer",
        ]
        #expect(names.compactMap(Occupations.code(ofName:)).count == 21)
        #expect(names.compactMap(Occupations.code(ofName:)).allSatisfy(Occupations.names.indices.contains))
        #expect(Occupations.code(ofName: "astronaut") == nil)
    }

    @Test func aRowIsARatingWithMilliseconds() {
        var table = RatingTable()
        table.append(userID: 3, movieID: 4, halfStars: 9, timestampSeconds: 978_300_760)
        #expect(
            table[0] == Rating(userID: 3, movieID: 4, halfStars: 9, eventTimeMilliseconds: 978_300_760_000))
        #expect(table.prefix(0).isEmpty)
        #expect(table.prefix(5) == table)
    }
}
