import Events
import Learning
import Testing
import VectorIndex

@testable import Recommending

/// A copy of the model that stands still while the model learns on.
struct FrozenCopyTests {
    private func learn(_ learner: Learner, _ ratings: some Collection<MadeUpRating>) {
        let batch = RatingBatch(capacity: 1)
        let outcomes = RatingOutcomes(capacity: 1)
        for rating in ratings {
            batch.removeAll()
            batch.userIDs[0] = rating.user
            batch.movieIDs[0] = rating.movie
            batch.halfStars[0] = rating.halfStars
            batch.operations[0] = Rating.Operation.set.rawValue
            batch.eventTimes[0] = rating.timeMilliseconds
            batch.recordTimestamps[0] = rating.timeMilliseconds
            batch.count = 1
            learner.apply(batch, 0..<1, outcomes)
        }
    }

    private func copy(_ learner: Learner, _ kind: ModelKind) throws -> FrozenCopy {
        try FrozenCopy(
            of: learner, makeModel: kind.makeModel, index: ExactIndex(dimension: learner.model.dimension),
            listLength: 10)
    }

    @Test(arguments: [ModelKind.twoHeads, .biasedMatrixFactorization]) func itPredictsAsTheModelDidAndTheModelLearnsOn(
        kind: ModelKind
    ) throws {
        let stream = MadeUpRatings.stream(seed: 3, count: 3000, users: 30, movies: 60)
        let learner = Learner(model: try kind.makeModel(), batchCapacity: 1)
        for id in 1...60 as ClosedRange<Int64> { _ = learner.announce(Movie(movieID: id, title: "", genres: ["A"])) }
        let twin = Learner(model: try kind.makeModel(), batchCapacity: 1)
        for id in 1...60 as ClosedRange<Int64> { _ = twin.announce(Movie(movieID: id, title: "", genres: ["A"])) }
        learn(learner, stream[..<1500])
        let live = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 10)
        let then = (0..<20 as Range<UInt32>).map { live.predictedStars(user: $0, movie: $0 + 5) }

        let copy = try copy(learner, kind)
        #expect(copy.ratingsApplied == learner.counters.ratingsApplied)
        learn(learner, stream[1500...])
        let frozen = (0..<20 as Range<UInt32>).map { copy.predictedStars(user: $0, movie: $0 + 5) }
        #expect(frozen == then.map { Optional($0) })
        #expect((0..<20 as Range<UInt32>).map { live.predictedStars(user: $0, movie: $0 + 5) } != then)

        // The copy changes nothing of what is learnt.
        learn(twin, stream)
        #expect(try learner.snapshot().digest() == twin.snapshot().digest())
    }

    @Test func newUsersAndMoviesAreNoTrouble() throws {
        let stream = MadeUpRatings.stream(seed: 5, count: 1200, users: 20, movies: 40)
        let learner = makeLearner(announced: 1...40, batchCapacity: 1)
        learn(learner, stream[..<600])
        let copy = try copy(learner, .twoHeads)
        learn(
            learner,
            stream[600...].map {
                var other = $0
                other.user += 100
                return other
            })
        learn(learner, [MadeUpRating(user: 150, movie: 77, halfStars: 9, timeMilliseconds: 9_000_000)])
        // So many that their rows lie in pages that the copy does not have.
        for id in 1000..<4000 as Range<Int64> { _ = learner.announce(Movie(movieID: id, title: "New", genres: ["A"])) }
        let (user, movie) = (learner.users.row(of: 150), learner.movies.row(of: 77))
        #expect(copy.predictedStars(user: user, movie: movie) == nil, "a movie that it does not know")
        #expect(copy.predictedStars(user: user, movie: 3)?.isFinite == true)
        try copy.recommend(user, length: 10)
        #expect(copy.recommender.results.count(of: 0) == 10)
        #expect(copy.recommender.results.ids(of: 0).allSatisfy { $0 <= 40 })
        #expect(copy.mayBeKept)
        _ = learner.forget(userID: 3, recordTimestampMilliseconds: 1)
        #expect(!copy.mayBeKept, "it still holds him")
    }
}
