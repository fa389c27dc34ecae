import Events
import Testing

@testable import Learning

/// What becomes of a rating, rule by rule.
struct LearnerRatingTests {
    /// The events of user 1 and movie 1 and what has to become of each.
    struct Rule: CustomTestStringConvertible {
        var testDescription: String
        var events: [RatingEvent]
        var outcomes: [RatingOutcome]
        /// What stands in the end: half stars and time.
        var standing: (halfStars: UInt8, time: Int64)?

        init(
            _ name: String, _ events: [RatingEvent], _ outcomes: [RatingOutcome],
            standing: (halfStars: UInt8, time: Int64)?
        ) {
            testDescription = name
            self.events = events
            self.outcomes = outcomes
            self.standing = standing
        }
    }

    static let rules = [
        Rule("the first rating", [.set(1, 1, 8, at: 50)], [.applied], standing: (8, 50)),
        Rule(
            "the very same twice", [.set(1, 1, 8, at: 50), .set(1, 1, 8, at: 50)], [.applied, .repeated],
            standing: (8, 50)),
        Rule(
            "the same value at a newer time", [.set(1, 1, 8, at: 50), .set(1, 1, 8, at: 51)], [.applied, .confirmed],
            standing: (8, 51)),
        Rule(
            "what was confirmed is not moved by what is older",
            [.set(1, 1, 8, at: 50), .set(1, 1, 8, at: 60), .set(1, 1, 3, at: 55)], [.applied, .confirmed, .late],
            standing: (8, 60)),
        Rule(
            "another value at a newer time", [.set(1, 1, 8, at: 50), .set(1, 1, 2, at: 51)], [.applied, .changed],
            standing: (2, 51)),
        Rule(
            "another value at the same time: the later one wins", [.set(1, 1, 8, at: 50), .set(1, 1, 2, at: 50)],
            [.applied, .changed], standing: (2, 50)),
        Rule(
            "an older one arriving late", [.set(1, 1, 8, at: 50), .set(1, 1, 2, at: 49)], [.applied, .late],
            standing: (8, 50)),
        Rule("a removal", [.set(1, 1, 8, at: 50), .remove(1, 1, at: 51)], [.applied, .removed], standing: nil),
        Rule(
            "a removal at the same time", [.set(1, 1, 8, at: 50), .remove(1, 1, at: 50)], [.applied, .removed],
            standing: nil),
        Rule(
            "a removal arriving late", [.set(1, 1, 8, at: 50), .remove(1, 1, at: 49)], [.applied, .late],
            standing: (8, 50)),
        Rule(
            "a removal keeps its time", [.set(1, 1, 8, at: 50), .remove(1, 1, at: 60), .set(1, 1, 4, at: 55)],
            [.applied, .removed, .late], standing: nil),
        Rule(
            "a rating newer than the removal",
            [.set(1, 1, 8, at: 50), .remove(1, 1, at: 60), .set(1, 1, 8, at: 61), .set(1, 1, 8, at: 62)],
            [.applied, .removed, .applied, .confirmed], standing: (8, 62)),
        Rule(
            "a rating at the time of the removal",
            [.set(1, 1, 8, at: 50), .remove(1, 1, at: 60), .set(1, 1, 4, at: 60)],
            [.applied, .removed, .applied], standing: (4, 60)),
        Rule(
            "a removal of nothing, kept for what arrives late",
            [.remove(1, 1, at: 60), .set(1, 1, 8, at: 59), .set(1, 1, 8, at: 61)],
            [.removedUnknown, .late, .applied], standing: (8, 61)),
        Rule(
            "removed twice, the newer time counts",
            [.set(1, 1, 8, at: 50), .remove(1, 1, at: 60), .remove(1, 1, at: 70), .set(1, 1, 4, at: 65)],
            [.applied, .removed, .repeated, .late], standing: nil),
        Rule(
            "removed, taken again, removed",
            [.set(1, 1, 8, at: 1), .remove(1, 1, at: 2), .set(1, 1, 4, at: 3), .remove(1, 1, at: 4)],
            [.applied, .removed, .applied, .removed], standing: nil),
    ]

    @Test(arguments: rules, [true, false])
    func eventsBecomeWhatTheContractSays(rule: Rule, inOneBatch: Bool) throws {
        let test = TestLearner()
        let outcomes = inOneBatch ? test.apply(rule.events) : rule.events.flatMap { test.apply([$0]) }
        #expect(outcomes == rule.outcomes)
        var standing: [StandingRating] = []
        test.learner.snapshot().forEachUser { _, _, ratings in standing = ratings }
        #expect(standing.first?.halfStars == rule.standing?.halfStars)
        #expect(standing.first?.eventTimeMilliseconds == rule.standing?.time)
        let count: UInt32 = rule.standing == nil ? 0 : 1
        #expect(test.learner.movies.pointer(0).pointee.ratingCount == count)
        #expect(test.learner.hasRated(user: 0, movie: 0) == (count == 1))
        for outcome in RatingOutcome.allCases {
            #expect(test.learner.counters[outcome] == rule.outcomes.count { $0 == outcome })
        }
        var twin = LearnerTwin()
        #expect(rule.events.map { twin.apply($0) } == rule.outcomes, "the twin of the random tests agrees")
    }

    @Test func onlyWhatIsLearntHasAPrediction() {
        let test = TestLearner()
        let outcomes = test.apply([
            .set(1, 1, 8, at: 50), .set(1, 1, 8, at: 50), .set(1, 1, 8, at: 60), .set(1, 1, 2, at: 70),
            .set(1, 1, 2, at: 10), .remove(1, 1, at: 80), .remove(2, 1, at: 1),
        ])
        #expect(
            outcomes == [.applied, .repeated, .confirmed, .changed, .late, .removed, .removedUnknown])
        #expect(test.predictions(7).map(\.isNaN) == [false, true, true, false, true, true, true])
        #expect(
            RatingOutcome.allCases.filter(\.isAnswered) == [.applied, .changed, .confirmed, .removed])
        #expect(test.learner.counters.ratingsApplied == 4)
    }

    /// The record's timestamp decides, not the event time.
    @Test func ratingsProducedBeforeTheirUserWasForgottenAreDropped() {
        let test = TestLearner()
        test.apply([.set(1, 1, 8, at: 50), .set(2, 1, 8, at: 50)])
        #expect(test.learner.forget(userID: 1, recordTimestampMilliseconds: 1000) == .forgotten(0))
        #expect(test.learner.movies.pointer(0).pointee.ratingCount == 1)
        #expect(test.apply([.set(1, 1, 8, at: 5000, produced: 999)]) == [.forgotten])
        #expect(test.apply([.remove(1, 1, at: 5000, produced: 1000)]) == [.forgotten])
        #expect(test.learner.users.row(of: 1) == IdentityMap.none)
        #expect(test.apply([.set(1, 1, 8, at: 40, produced: 1001)]) == [.applied])

        // An older null that is read later takes nothing back.
        #expect(test.learner.forget(userID: 1, recordTimestampMilliseconds: 500) == .forgotten(0))
        #expect(test.apply([.set(1, 1, 8, at: 50, produced: 1000)]) == [.forgotten])
        #expect(test.learner.forget(userID: 9, recordTimestampMilliseconds: 70) == .forgottenUnknown)
        #expect(test.apply([.set(9, 1, 8, at: 71, produced: 70), .set(9, 1, 8, at: 71)]) == [.forgotten, .applied])
        #expect(test.learner.counters[.forgotten] == 4)
        #expect(test.learner.counters.usersForgotten == 3)
    }

    /// What the limit drops does not count for its movie any more.
    @Test func aUserAtTheLimitLosesHisOldestRating() {
        let test = TestLearner()
        let limit = RatedMovies.entriesMax
        for first in stride(from: 0, to: limit, by: TestLearner.batchCapacity) {
            test.apply((first..<first + TestLearner.batchCapacity).map { .set(1, Int64($0 + 1), 6, at: 100) })
        }
        test.apply([.remove(1, 2, at: 101)])
        let count = { (movie: UInt32) in test.learner.movies.pointer(movie).pointee.ratingCount }
        #expect(count(0) == 1 && count(1) == 0 && count(2) == 1)
        #expect(
            test.apply([.set(1, 100_001, 6, at: 1), .remove(1, 100_002, at: 1), .set(1, 100_003, 6, at: 1)])
                == [.applied, .removedUnknown, .applied])
        #expect(count(0) == 0 && count(1) == 0 && count(2) == 0 && count(3) == 1)
        #expect(test.apply([.set(1, 1, 6, at: 102)]) == [.applied])
        #expect(count(0) == 1 && count(3) == 0)
    }
}
