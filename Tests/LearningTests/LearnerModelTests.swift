import Events
import Testing

@testable import Learning

/// Random streams against the plain twin.
struct LearnerModelTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func behavesLikeItsTwin(seed: UInt64) {
        let test = TestLearner()
        let learner = test.learner
        var twin = LearnerTwin()
        var stream = EventStream(seed: seed)
        var random = SeededRandom(seed: seed ^ 0xFFFF)
        var pending: [RatingEvent] = []
        for step in 0..<6000 {
            let event = stream.next()
            if case .rating(let rating) = event { pending.append(rating) }
            var isRating = false
            if case .rating = event { isRating = true }
            if !isRating || random.oneIn(10) {
                #expect(test.apply(pending) == pending.map { twin.apply($0) }, "seed \(seed), step \(step)")
                pending = []
            }
            switch event {
            case .rating: break
            case .announced(let movie):
                #expect(learner.announce(movie) == twin.announce(movie), "seed \(seed), step \(step)")
            case .withdrawn(let id):
                #expect(learner.withdraw(movieID: id) == twin.withdraw(id), "seed \(seed), step \(step)")
            case .profile(let profile):
                #expect(learner.describe(profile) == twin.describe(profile), "seed \(seed), step \(step)")
            case .forgotten(let id, let time):
                #expect(
                    learner.forget(userID: id, recordTimestampMilliseconds: time)
                        == twin.forget(id, recordTimestamp: time), "seed \(seed), step \(step)")
            }
        }
        #expect(test.apply(pending) == pending.map { twin.apply($0) }, "seed \(seed)")
        for outcome in RatingOutcome.allCases {
            #expect(learner.counters[outcome] == twin.counts[outcome], "\(outcome), seed \(seed)")
        }
        expectSameState(learner, twin, seed)
    }

    private func expectSameState(_ learner: Learner, _ twin: LearnerTwin, _ seed: UInt64) {
        let snapshot = learner.snapshot()
        var seen = Set<Int64>()
        snapshot.forEachUser { row, id, ratings in
            seen.insert(id)
            #expect(twin.users[id]?.row == UInt32(row), "seed \(seed)")
            #expect(ratings == twin.standing(id), "user \(id), seed \(seed)")
            let user = learner.users.pointer(UInt32(row)).pointee
            #expect((user.hasProfile != 0) == (twin.users[id]?.profile != nil))
            let profile = [user.gender, user.age, user.occupation].map { $0 == 0 ? nil : Int($0) - 1 }
            #expect(profile == twin.users[id]?.profile ?? [nil, nil, nil], "user \(id), seed \(seed)")
        }
        #expect(seen == Set(twin.users.keys), "seed \(seed)")
        #expect(snapshot.userCount == twin.users.count && learner.users.count == twin.users.count)
        #expect(learner.forgotten == twin.forgotten)
        #expect(learner.movies.count == twin.movies.count)
        for (id, isRecommendable) in twin.movies {
            let row = learner.movies.row(of: id)
            let movie = learner.movies.pointer(row).pointee
            #expect(movie.id == id)
            #expect(Int(movie.ratingCount) == twin.ratingCount(id), "movie \(id), seed \(seed)")
            #expect((movie.isWithdrawn == 0) == isRecommendable, "movie \(id), seed \(seed)")
            #expect(learner.movies.descriptions[Int(row)] == twin.descriptions[id] ?? MovieDescription())
        }
    }
}
