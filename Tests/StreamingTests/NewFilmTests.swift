import Events
import Foundation
import Learning
import MovieLens
import Recommending
import Testing
import VectorIndex

/// Where `MARQUEE_TEST_DATA` names a folder that has them.
private let published: String? = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"]
    .flatMap { FileManager.default.fileExists(atPath: $0 + "/ml-100k/ratings.dat") ? $0 : nil }

/// A film that is announced in the midst of a real stream is in some lists before its first rating, and leaves them when
/// nobody rates it.
@Suite(.enabled(if: published != nil)) struct NewFilmTests {
    @Test func aNewFilmIsRecommendedBeforeItsFirstRating() throws {
        let dataset = try MovieLensDataset(directory: (published ?? "") + "/ml-100k")
        let learner = Learner(model: TwoHeadModel(), batchCapacity: 1000)
        for movie in try dataset.movies() { _ = learner.announce(movie) }
        for user in try dataset.users() { _ = learner.describe(user) }
        let ratings = try dataset.ratings().sortedByTime()
        let half = ratings.count / 2 / 1000 * 1000
        learn(ratings, 0..<half, learner)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 20)
        var films: Set<Int64> = []
        for (number, genres) in [["Action", "Sci-Fi"], ["Drama"], ["Comedy", "Romance"], ["Horror"]].enumerated() {
            let id = Int64(90_000 + number)
            _ = learner.announce(Movie(movieID: id, title: "New \(number) (1998)", year: 1998, genres: genres))
            films.insert(id)
        }
        let atFirst = try listsWith(films, recommender)
        learn(ratings, half..<ratings.count / 1000 * 1000, learner)
        let later = try listsWith(films, recommender)
        print("new films: in \(atFirst) lists at first, in \(later) after \(ratings.count - half) ratings of others")
        #expect(atFirst > 0, "somebody hears of them")
        #expect(later <= atFirst)
    }

    private func learn(_ ratings: RatingTable, _ range: Range<Int>, _ learner: Learner) {
        let batch = RatingBatch(capacity: 1000)
        let outcomes = RatingOutcomes(capacity: 1000)
        for first in stride(from: range.lowerBound, to: range.upperBound, by: 1000) {
            batch.removeAll()
            for at in 0..<1000 {
                let rating = ratings[first + at]
                batch.userIDs[at] = rating.userID
                batch.movieIDs[at] = rating.movieID
                batch.halfStars[at] = rating.halfStars
                batch.operations[at] = Rating.Operation.set.rawValue
                batch.eventTimes[at] = Int64(first + at)
                batch.recordTimestamps[at] = Int64(first + at)
            }
            batch.count = 1000
            learner.apply(batch, 0..<1000, outcomes)
        }
    }

    /// In how many lists of all users who rated one of the films is.
    private func listsWith(_ films: Set<Int64>, _ recommender: Recommender) throws -> Int {
        try recommender.refreshIndex()
        var count = 0
        for user in 0..<UInt32(recommender.learner.users.rowCount)
        where recommender.learner.users.pointer(user).pointee.rated.count > 0 {
            var row = user
            try withUnsafePointer(to: &row) {
                try recommender.recommend(UnsafeBufferPointer(start: $0, count: 1))
            }
            if recommender.results.ids(of: 0).contains(where: films.contains) { count += 1 }
        }
        return count
    }
}
