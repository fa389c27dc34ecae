import Events
import Foundation
import Learning
import MovieLens
import Testing

/// Where `MARQUEE_TEST_DATA` names a folder that has them.
private let published: String? = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"]
    .flatMap { FileManager.default.fileExists(atPath: $0 + "/ml-1m/ratings.dat") ? $0 : nil }

@Suite(.enabled(if: published != nil)) struct RatingHeadQualityTests {
    /// One pass in time order, every rating predicted before it is learnt: root mean square error of all, and of the last
    /// half.
    @Test(arguments: [("ml-1m", 0.869, 0.8555), ("ml-100k", 0.918, 0.923)])
    func starsArePredictedWithinTheBars(name: String, allMax: Double, lastMax: Double) throws {
        let dataset = try MovieLensDataset(directory: (published ?? "") + "/" + name)
        let head = RatingHead()
        var movies: [Int64: UInt32] = [:]
        for movie in try dataset.movies() {
            let row = UInt32(movies.count)
            movies[movie.movieID] = row
            head.addMovie(
                row, id: movie.movieID,
                description: MovieDescription(title: movie.title, year: movie.year, genres: movie.genres))
        }
        var profiles: [Int64: UserRow] = [:]
        for user in try dataset.users() { profiles[user.userID] = UserRow(user) }
        var users: [Int64: (row: UInt32, profile: UserRow)] = [:]

        let ratings = try dataset.ratings().sortedByTime()
        var squares = (all: 0.0, last: 0.0)
        let clock = ContinuousClock()
        let began = clock.now
        for at in 0..<ratings.count {
            let rating = ratings[at]
            let user =
                users[rating.userID]
                ?? {
                    let row = UInt32(users.count)
                    head.addUser(row, id: rating.userID)
                    let new = (row, profiles[rating.userID] ?? UserRow())
                    users[rating.userID] = new
                    return new
                }()
            let movie = try #require(movies[rating.movieID])
            let stars = Float(rating.halfStars) / 2
            let prediction = head.learn(user: user.row, profile: user.profile, movie: movie, stars: stars)
            let error = Double(min(5, max(1, prediction)) - stars)
            squares.all += error * error
            if at >= ratings.count / 2 { squares.last += error * error }
        }
        let all = (squares.all / Double(ratings.count)).squareRoot()
        let last = (squares.last / Double(ratings.count - ratings.count / 2)).squareRoot()
        print("rating head, \(name): RMSE \(all), last half \(last), \(clock.now - began)")
        #expect(all <= allMax)
        #expect(last <= lastMax)
        // More of what speaks for a movie is never fewer stars.
        let curve = head.curveCoefficients
        for x in stride(from: -3.0, through: 2, by: 0.25) {
            #expect(curve[1] + 2 * curve[2] * x + 3 * curve[3] * (x * x) > 0, "at \(x)")
        }
    }
}
