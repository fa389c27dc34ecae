import Events
import Learning
import Testing
import VectorIndex

@testable import Recommending

/// A movie that went because nobody rates it is in no index and no list.
struct SilentMoviesListTests {
    private static let passing: Int64 = 777

    @Test func itLeavesIndexAndLists() throws {
        let learner = Learner(
            model: TwoHeadModel(), batchCapacity: 4096, eviction: Eviction(afterEvents: Eviction.eventsMin))
        for movie in madeUpMovies(1...5) { _ = learner.announce(movie) }
        let index = ExactIndex(dimension: learner.model.dimension)
        let recommender = try Recommender(learner: learner, index: index, listLength: 10)
        let published = PublishedLists(capacity: 10)
        let batch = RatingBatch(capacity: 4096)
        let outcomes = RatingOutcomes(capacity: 4096)

        func apply(_ events: [(user: Int64, movie: Int64)]) throws {
            batch.removeAll()
            for (at, event) in events.enumerated() {
                batch.userIDs[at] = event.user
                batch.movieIDs[at] = event.movie
                batch.halfStars[at] = 10
                batch.operations[at] = Rating.Operation.set.rawValue
                batch.eventTimes[at] = 1
                batch.recordTimestamps[at] = 1
                batch.count = at + 1
            }
            learner.apply(batch, 0..<batch.count, outcomes)
            published.parkEvicted(of: learner)
            try recommender.refreshIndex()
        }
        func list(_ user: Int64) throws -> [Int64] {
            var row = learner.row(forUser: user)
            try withUnsafePointer(to: &row) {
                try recommender.recommend(UnsafeBufferPointer(start: $0, count: 1))
            }
            published.publish(row, recommender.results.items(of: 0), lastScore: 1)
            return Array(recommender.results.ids(of: 0))
        }

        try apply([(1, Self.passing), (2, 1), (3, 2)])
        let row = learner.movies.row(of: Self.passing)
        #expect(index.contains(item: row))
        #expect(try list(2).contains(Self.passing))
        let users = [learner.users.row(of: 1), learner.users.row(of: 2)]
        _ = try list(1)
        for _ in 0..<26 { try apply((0..<4096).map { (Int64($0 % 3) + 1, Int64($0 % 3) + 1) }) }
        #expect(learner.movies.row(of: Self.passing) == IdentityMap.none && learner.movies.isEvicted(row))
        #expect(!index.contains(item: row))
        // The list that names it can't be compared with any; its number stays.
        #expect(published.count(users[1]) == 0 && published.sequence(users[1]) == 1)
        #expect(published.count(users[0]) > 0, "his does not")
        #expect(try !list(2).contains(Self.passing))
        #expect(published.sequence(users[1]) == 2)

        // It comes again as a new one.
        try apply([(1, Self.passing)])
        let again = learner.movies.row(of: Self.passing)
        #expect(again != row && index.contains(item: again))
        #expect(try list(2).contains(Self.passing))
    }
}
