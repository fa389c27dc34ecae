import Events
import Foundation
import MovieLens
import ProcessTestSupport

/// A made-up data set in a folder, laid out as GroupLens lays out its own.
final class DatasetFolder {
    enum Layout: String, CaseIterable, Sendable {
        /// ml-1m: `::`, ISO-8859-1, whole stars, users.
        case doubleColon
        /// ml-latest: CSV with quotes, UTF-8, half stars, no users.
        case commaSeparated
    }

    /// Has a letter beyond ASCII, a comma and quotes.
    static let specialTitle = "Fabuleux destin d'Amélie \"Poulain\", Le (2001)"

    private let folder: TemporaryFolder
    let movies: [Movie]
    let users: [UserProfile]
    var path: String { folder.path }

    init(
        _ layout: Layout = .doubleColon, seed: UInt64 = 1, users userCount: Int = 60, movies movieCount: Int = 120,
        ratings ratingCount: Int = 3000
    ) throws {
        let stream = SyntheticStream(
            seed: seed, users: userCount, movies: movieCount, ratings: ratingCount - ratingCount / 20,
            halfStars: layout == .commaSeparated)
        var movies = stream.movies()
        movies[0].title = Self.specialTitle
        self.movies = movies
        users = layout == .doubleColon ? stream.users() : []
        folder = try TemporaryFolder()
        let rows = Self.rows(stream.ratings(), revisions: ratingCount / 20)
        switch layout {
        case .doubleColon: try writeDoubleColon(rows)
        case .commaSeparated: try writeCommaSeparated(rows)
        }
    }

    private typealias Row = (user: Int64, movie: Int64, halfStars: UInt8, seconds: Int64)

    /// The ratings and, in turn, second opinions: another value later, the same value later, and the very same line.
    private static func rows(_ table: RatingTable, revisions: Int) -> [Row] {
        var rows: [Row] = (0..<table.count).map {
            (Int64(table.userIDs[$0]), Int64(table.movieIDs[$0]), table.halfStars[$0], table.timestampsSeconds[$0])
        }
        let end = rows.map(\.seconds).max() ?? 0
        for number in 0..<revisions {
            var row = rows[number * 7 % table.count]
            switch number % 3 {
            case 0: (row.halfStars, row.seconds) = (row.halfStars > 8 ? 2 : row.halfStars + 2, end + Int64(number))
            case 1: row.seconds = end + Int64(number)
            default: break
            }
            rows.append(row)
        }
        return rows
    }

    private func writeDoubleColon(_ rows: [Row]) throws {
        let movieLines = movies.map { "\($0.movieID)::\($0.title)::\($0.genres.joined(separator: "|"))\n" }
        try folder.write("movies.dat", movieLines.joined().data(using: .isoLatin1) ?? Data())
        let userLines = users.map {
            let gender = $0.gender == .female ? "F" : "M"
            return "\($0.userID)::\(gender)::\($0.age ?? 25)::\($0.occupation ?? 0)::\($0.zip ?? "10001")\n"
        }
        try folder.write("users.dat", Data(userLines.joined().utf8))
        let ratingLines = rows.map { "\($0.user)::\($0.movie)::\($0.halfStars / 2)::\($0.seconds)\n" }
        try folder.write("ratings.dat", Data(ratingLines.joined().utf8))
    }

    private func writeCommaSeparated(_ rows: [Row]) throws {
        let movieLines = movies.map { movie in
            let title = movie.title.replacingOccurrences(of: "\"", with: "\"\"")
            return "\(movie.movieID),\"\(title)\",\(movie.genres.joined(separator: "|"))\n"
        }
        try folder.write("movies.csv", Data(("movieId,title,genres\n" + movieLines.joined()).utf8))
        let ratingLines = rows.map { "\($0.user),\($0.movie),\(Double($0.halfStars) / 2),\($0.seconds)\n" }
        try folder.write("ratings.csv", Data(("userId,movieId,rating,timestamp\n" + ratingLines.joined()).utf8))
    }
}
