import Events
import Foundation
import Learning
import MovieLens
import Testing
import VectorIndex

@testable import Recommending

/// Where `MARQUEE_TEST_DATA` names a folder that has it.
private let published = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"].map { $0 + "/ml-100k" }

/// What it costs to rank some hundreds of candidates in place of the whole catalogue.
struct CandidateScopeTests {
    private static let lossMax = 0.01

    private func stream(_ table: RatingTable) -> [MadeUpRating] {
        let sorted = table.sortedByTime()
        return (0..<sorted.count).map {
            MadeUpRating(
                user: Int64(sorted.userIDs[$0]), movie: Int64(sorted.movieIDs[$0]), halfStars: sorted.halfStars[$0],
                timeMilliseconds: sorted.timestampsSeconds[$0] * 1000)
        }
    }

    private func recall(
        _ ratings: [MadeUpRating], announced: [Movie], users: [UserProfile], _ scope: CandidateScope
    ) throws -> (recall: Double, lists: [[Int64]]) {
        let evaluated = try EvaluatedStream(
            ratings, catalogue: announced, users: users, sampleOneIn: 1, batchCapacity: 4096, candidates: scope)
        return (try #require(evaluated.metrics.recall10.all), evaluated.events.compactMap(\.list))
    }

    @Test(arguments: [1, 2] as [UInt64])
    func candidatesLoseNextToNothingOfALargeCatalogue(seed: UInt64) throws {
        let made = SyntheticStream(seed: seed, users: 400, movies: 3000, ratings: 24_000)
        let ratings = stream(made.ratings())
        let retrieved = try recall(ratings, announced: made.movies(), users: made.users(), .retrieved)
        let all = try recall(ratings, announced: made.movies(), users: made.users(), .catalogue)
        #expect(
            all.recall > 0.01 && retrieved.recall >= (1 - Self.lossMax) * all.recall,
            "\(retrieved.recall) of \(all.recall)")
        // Not the same thing twice.
        #expect(retrieved.lists.count == all.lists.count && retrieved.lists != all.lists)
    }

    @Test(.enabled(if: published != nil, "needs MARQUEE_TEST_DATA with ml-100k"))
    func candidatesLoseNextToNothingOfMovieLens() throws {
        let dataset = try MovieLensDataset(directory: try #require(published))
        let ratings = stream(try dataset.ratings())
        let (movies, users) = (try dataset.movies(), try dataset.users())
        let retrieved = try recall(ratings, announced: movies, users: users, .retrieved)
        let all = try recall(ratings, announced: movies, users: users, .catalogue)
        #expect(
            retrieved.recall > 0.23 && retrieved.recall >= (1 - Self.lossMax) * all.recall,
            "\(retrieved.recall) of \(all.recall)")
    }

    /// The catalogue's best ten, score by score.
    @Test func theCatalogueIsRankedWhole() throws {
        let ratings = MadeUpRatings.stream(seed: 5, count: 300, users: 12, movies: 60)
        let learner = makeLearner(announced: 1...40, batchCapacity: 512)
        let batch = RatingBatch(capacity: 512)
        for (at, rating) in ratings.enumerated() {
            batch.userIDs[at] = rating.user
            batch.movieIDs[at] = rating.movie
            batch.halfStars[at] = rating.halfStars
            batch.operations[at] = Rating.Operation.set.rawValue
            batch.eventTimes[at] = rating.timeMilliseconds
            batch.recordTimestamps[at] = rating.timeMilliseconds
            batch.eventIDCounts[at] = 0
            batch.count = at + 1
        }
        learner.apply(batch, 0..<batch.count, RatingOutcomes(capacity: 512))
        _ = learner.withdraw(movieID: 3)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 10,
            candidates: .catalogue)
        try recommender.refreshIndex()
        let blend = try #require(learner.model.blend)
        let ranker = BlendRanker(blend: blend, learner: learner)
        for user in 0..<UInt32(learner.users.rowCount) {
            var row = user
            try withUnsafePointer(to: &row) {
                try recommender.recommend(UnsafeBufferPointer(start: $0, count: 1), length: 10)
            }
            let expected = (0..<UInt32(learner.movies.count))
                .filter {
                    learner.movies.pointer($0).pointee.isWithdrawn == 0 && !learner.hasRated(user: user, movie: $0)
                }
                .map { (id: learner.movies.id($0), score: ranker.score(user: user, movie: $0)) }
                .sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
            #expect(Array(recommender.results.ids(of: 0)) == expected.prefix(10).map(\.id), "user row \(user)")
        }
    }
}
