import Events
import Learning
import Testing
import VectorIndex

@testable import Recommending

struct PrequentialEvaluatorTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func permutingTheFutureLeavesThePastAlone(seed: UInt64) throws {
        let stream = MadeUpRatings.stream(seed: seed, count: 400)
        var generator = SplitMix64(seed: seed ^ 0xF00D)
        for past in [0, 1, 100, 399] {
            var other = stream
            for at in past..<other.count {
                other.swapAt(at, at + Int(generator.next() % UInt64(other.count - at)))
            }
            let first = try EvaluatedStream(stream).events
            let second = try EvaluatedStream(other).events
            for at in 0..<past {
                #expect(
                    first[at].prediction.bitPattern == second[at].prediction.bitPattern,
                    "event \(at) before \(past), seed \(seed)")
                #expect(first[at].list == second[at].list, "event \(at) before \(past), seed \(seed)")
            }
        }
    }

    @Test(arguments: [1, 2, 7, 64, 1000])
    func batchesDoNotShow(capacity: Int) throws {
        let stream = MadeUpRatings.stream(seed: 9, count: 500)
        let one = try EvaluatedStream(stream, batchCapacity: 1)
        let other = try EvaluatedStream(stream, batchCapacity: capacity)
        #expect(one.events.map(\.prediction.bitPattern) == other.events.map(\.prediction.bitPattern))
        #expect(one.events.map(\.list) == other.events.map(\.list))
        #expect(one.events.map(\.index) == Array(0..<500))
        #expect(one.metrics.rmse == other.metrics.rmse)
        #expect(one.metrics.ndcg10 == other.metrics.ndcg10)
    }

    @Test(arguments: [4, 5] as [UInt64])
    func listsAreWhatBruteForceFinds(seed: UInt64) throws {
        let stream = MadeUpRatings.stream(seed: seed, count: 300, movies: 60)
        let events = try EvaluatedStream(stream, announced: 1...30).events
        // The same learner, one event at a time, and every movie scored by hand.
        let learner = makeLearner(announced: 1...30, batchCapacity: 1)
        let batch = RatingBatch(capacity: 1)
        let outcomes = RatingOutcomes(capacity: 1)
        var asked = 0
        for (at, rating) in stream.enumerated() {
            let isSampled = RankingSample.contains(
                user: rating.user, movie: rating.movie, halfStars: rating.halfStars, oneIn: 2)
            #expect((events[at].list != nil) == isSampled, "event \(at), seed \(seed)")
            if isSampled {
                asked += 1
                #expect(events[at].list == (try bestTen(for: rating.user, learner)), "event \(at), seed \(seed)")
            }
            fill(batch, rating)
            learner.apply(batch, 0..<1, outcomes)
            if !outcomes.predictions[0].isNaN {
                let stars = min(5, max(0.5, outcomes.predictions[0]))
                #expect(events[at].prediction.bitPattern == stars.bitPattern, "event \(at), seed \(seed)")
            }
        }
        #expect(asked > 30)
    }

    @Test func theSameRatingAgainIsPredictedToo() throws {
        let one = MadeUpRating(user: 1, movie: 5, halfStars: 10, timeMilliseconds: 1000)
        var same = one
        var later = one
        later.timeMilliseconds = 2000
        var earlier = one
        earlier.timeMilliseconds = 500
        same.timeMilliseconds = 1000
        let stream = [one, same, later, earlier]
        let events = try EvaluatedStream(stream, sampleOneIn: 1).events
        #expect(events.count == 4)
        #expect(events.allSatisfy { $0.prediction.isFinite })
        // Nothing is learnt after the first, so the prediction stays; and it knows the first rating.
        #expect(events[1].prediction == events[2].prediction)
        #expect(events[1].prediction == events[3].prediction)
        #expect(events[1].prediction > events[0].prediction)
        // What was rated is in no list, so a movie rated again is a miss, as the protocol has it.
        for event in events.dropFirst() { #expect(event.list?.contains(5) == false) }
    }

    @Test func errorsAreThoseOfThePredictions() throws {
        let stream = MadeUpRatings.stream(seed: 6, count: 200)
        let run = try EvaluatedStream(stream, predictionRange: 1...5)
        var squares = 0.0
        for (event, rating) in zip(run.events, stream) {
            #expect((1...5).contains(event.prediction))
            let error = Double(event.prediction) - Double(rating.halfStars) / 2
            squares += error * error
        }
        let rmse = try #require(run.metrics.rmse.all)
        #expect(abs(rmse - (squares / 200).squareRoot()) < 1e-9)
        #expect(run.metrics.listCount == run.events.count { $0.list != nil })
    }

    @Test func itLearns() throws {
        let stream = MadeUpRatings.stream(seed: 7, count: 6000, users: 60, movies: 200)
        let metrics = try EvaluatedStream(stream, announced: 1...200).metrics
        let first = try #require(metrics.rmse.all)
        let last = try #require(metrics.rmse.last50)
        #expect(last < first)
    }

    /// Every movie that may be listed, by the blend's score and then by id.
    private func bestTen(for userID: Int64, _ learner: Learner) throws -> [Int64] {
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 10)
        let user = learner.row(forUser: userID)
        let unused = [Float](repeating: 0, count: learner.model.dimension)
        var found: [(score: Float, id: Int64)] = []
        for movie in 0..<UInt32(learner.movies.count) where !learner.hasRated(user: user, movie: movie) {
            let score = recommender.score(user: user, query: unused, movie: movie, item: unused, offset: 0)
            found.append((score, learner.movies.id(movie)))
        }
        found.sort { ($1.score, $0.id) < ($0.score, $1.id) }
        return found.prefix(10).map(\.id)
    }

    /// Warm scores the second half alone, and as the whole stream does; frozen predicts it from the state at the half.
    @Test func theSecondHalfAlone() throws {
        let stream = MadeUpRatings.stream(seed: 12, count: 600, users: 40, movies: 80)
        let whole = try EvaluatedStream(stream)
        let warm = try EvaluatedStream(stream, protocol: .warm)
        #expect(warm.events.map(\.index) == Array(300..<600))
        #expect(warm.events.map(\.prediction) == whole.events[300...].map(\.prediction))
        #expect(warm.events.map(\.list) == whole.events[300...].map(\.list))
        #expect(warm.metrics.rmse.all == nil && warm.metrics.rmse.last50 == whole.metrics.rmse.last50)
        #expect(warm.metrics.recall10.last50 == whole.metrics.recall10.last50)

        let frozen = try EvaluatedStream(stream, protocol: .frozen)
        #expect(frozen.events.map(\.index) == Array(300..<600))
        #expect(frozen.events[0].prediction == whole.events[300].prediction, "nothing was learnt in between")
        #expect(frozen.events.map(\.prediction) != warm.events.map(\.prediction))
        // It stands still: whatever the later ratings say, predictions are the same.
        let other = stream.enumerated().map { at, rating in
            var rating = rating
            if at >= 300 { rating.halfStars = rating.halfStars >= 8 ? 8 : 1 }
            return rating
        }
        let again = try EvaluatedStream(other, protocol: .frozen)
        #expect(again.events.map(\.prediction) == frozen.events.map(\.prediction))
        // But nobody is listed what he has rated meanwhile.
        for (at, event) in frozen.events.enumerated() {
            let user = stream[300 + at].user
            let rated = Set(stream[..<(300 + at)].filter { $0.user == user }.map(\.movie))
            #expect(rated.isDisjoint(with: event.list ?? []))
        }
    }

    private func fill(_ batch: RatingBatch, _ rating: MadeUpRating) {
        batch.removeAll()
        batch.userIDs[0] = rating.user
        batch.movieIDs[0] = rating.movie
        batch.halfStars[0] = rating.halfStars
        batch.operations[0] = Rating.Operation.set.rawValue
        batch.eventTimes[0] = rating.timeMilliseconds
        batch.recordTimestamps[0] = rating.timeMilliseconds
        batch.eventIDCounts[0] = 0
        batch.count = 1
    }
}
