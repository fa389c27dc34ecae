import CMallocCounter
import Events
import Testing

@testable import Learning

struct AllocationTests {
    /// Ratings of known users and movies, with room in the users' blocks, of every outcome; and the same once a user
    /// was forgotten.
    @Test(.enabled(if: cmal_active() != 0))
    func steadyStateDoesNotAllocate() {
        let test = TestLearner()
        // Five entries stand in a block of eight: three more have room.
        test.apply(
            (1...100 as ClosedRange<Int64>).flatMap { user in
                (1...5 as ClosedRange<Int64>).map { .set(user, ($0 + user) % 50 + 1, 7, at: 100) }
            })
        test.apply((1...50 as ClosedRange<Int64>).map { .set(500, $0, 7, at: 100) })
        _ = test.learner.forget(userID: 500, recordTimestampMilliseconds: 1000)
        var seen = Set<RatingOutcome?>()
        for round in 0..<2 as Range<Int64> {
            let first = round * 50
            let events = (first + 1...first + 50).flatMap { user -> [RatingEvent] in
                let known = { (offset: Int64) in (offset + user) % 50 + 1 }
                return [
                    .set(user, known(1), 7, at: 200), .set(user, known(2), 3, at: 200),
                    .remove(user, known(3), at: 200),
                    .set(user, known(4), 7, at: 100), .set(user, known(5), 7, at: 50),
                    .set(user, known(10), 9, at: 100), .remove(user, known(11), at: 100),
                    .set(user, known(12), 2, at: 100), .set(500, 1, 7, at: 100),
                ]
            }
            test.fill(events)
            cmal_start()
            for start in stride(from: 0, to: events.count, by: 9) {
                test.learner.apply(test.batch, start..<start + 9, test.outcomes)
            }
            #expect(cmal_stop() == 0)
            for row in events.indices { seen.insert(RatingOutcome(rawValue: test.outcomes.outcomes[row])) }
        }
        #expect(seen == Set(RatingOutcome.allCases))
    }

    /// Both heads and the blend, on ratings whose users, movies and successors have room.
    @Test(.enabled(if: cmal_active() != 0))
    func bothHeadsLearnWithoutAllocating() {
        let test = TestLearner(model: TwoHeadModel())
        for id in 1...40 as ClosedRange<Int64> {
            _ = test.learner.announce(
                Movie(movieID: id, title: "", year: 1990 + Int(id), genres: ["A", id % 2 == 0 ? "B" : "C"]))
        }
        // A user's ratings change until none of the counts is new; in the end all are changes.
        for round in 0..<6 as Range<Int64> {
            let events = (1...1000 as ClosedRange<Int64>).map { number -> RatingEvent in
                .set(number % 25 + 1, number % 40 + 1, (number + round) % 2 == 0 ? 10 : 4, at: round)
            }
            test.fill(events)
            if round == 5 { cmal_start() }
            test.learner.apply(test.batch, 0..<events.count, test.outcomes)
        }
        #expect(cmal_stop() == 0)
    }
}
