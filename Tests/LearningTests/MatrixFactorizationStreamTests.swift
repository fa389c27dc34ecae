import CVectorKernels
import Events
import Testing

@testable import Learning

/// Whole streams through learner and model.
struct MatrixFactorizationStreamTests {
    // MARK: Extremes

    @Test func aMillionChangesOfMindStayFinite() {
        let test = TestLearner()
        feed(test, 1_000_000) { .set(1, 1, $0 % 2 == 0 ? 1 : 10, at: Int64($0)) }
        #expect(test.learner.counters[.changed] == 999_999)
        expectFinite(test)
    }

    @Test(arguments: [1, 10, 0] as [UInt8])
    func tenThousandRatingsOfOneMovieStayFinite(halfStars: UInt8) {
        let test = TestLearner()
        feed(test, 10_000) { .set(Int64($0 + 1), 1, halfStars == 0 ? ($0 % 2 == 0 ? 1 : 10) : halfStars, at: 1) }
        #expect(test.learner.counters[.applied] == 10_000)
        expectFinite(test)
        // All agree: then a newcomer's prediction says so.
        if halfStars != 0 {
            let row = test.learner.row(forUser: 99_999)
            #expect(abs(test.foreseenStars(user: row, movie: 0) - Float(halfStars) / 2) < 0.5)
        }
    }

    /// Everybody rates everything 0.5 or 5, again and again, by a coin.
    @Test func aStreamOfExtremesStaysFinite() {
        var random = SeededRandom(seed: 31)
        let test = TestLearner()
        feed(test, 300_000) {
            .set(
                Int64.random(in: 1...50, using: &random), Int64.random(in: 1...50, using: &random),
                Bool.random(using: &random) ? 1 : 10, at: Int64($0))
        }
        expectFinite(test)
    }

    private func feed(_ test: TestLearner, _ count: Int, _ event: (Int) -> RatingEvent) {
        var isFinite = true
        for first in stride(from: 0, to: count, by: TestLearner.batchCapacity) {
            let rows = min(TestLearner.batchCapacity, count - first)
            test.apply((first..<first + rows).map(event))
            for row in 0..<rows where test.outcomes.outcomes[row] <= RatingOutcome.changed.rawValue {
                if !test.outcomes.predictions[row].isFinite || abs(test.outcomes.predictions[row]) > 100 {
                    isFinite = false
                }
            }
        }
        #expect(isFinite, "predictions stay in bounds")
    }

    private func expectFinite(_ test: TestLearner) {
        let length = test.model.dimension
        for row in 0..<UInt32(test.learner.users.rowCount) { #expect(mq_all_finite(test.query(row), length)) }
        for row in 0..<UInt32(test.learner.movies.count) {
            #expect(mq_all_finite(test.item(row).vector, length) && test.item(row).offset.isFinite)
        }
    }

    // MARK: Learning

    /// Tastes of two factors: the vectors have to find what the biases can't say.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func vectorsLearnWhatBiasesCannotSay(seed: UInt64) {
        let ratings = LowRankRatings(seed: seed, users: 300, movies: 300)
        let withVectors = lastFifthError(.init(), ratings.events)
        let biasesAlone = lastFifthError(.biasesAlone, ratings.events)
        #expect(withVectors < 0.92 * biasesAlone, "\(withVectors) and \(biasesAlone), seed \(seed)")
        #expect(biasesAlone < 1.2)
    }

    /// Root mean square error of the predictions made before learning, over the stream's last fifth.
    private func lastFifthError(_ settings: BiasedMatrixFactorization.Settings, _ events: [RatingEvent]) -> Float {
        let test = TestLearner(settings)
        var sum: Float = 0
        let start = events.count / 5 * 4
        for (at, event) in events.enumerated() {
            test.apply([event])
            let error = Float(event.halfStars) / 2 - test.outcomes.predictions[0]
            if at >= start { sum += error * error }
        }
        return (sum / Float(events.count - start)).squareRoot()
    }

    // MARK: The same bits

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func howAStreamIsCutDoesNotMatter(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let events = LowRankRatings(seed: seed, users: 40, movies: 100).events + Self.rethought(seed: seed)
        let whole = TestLearner()
        let cut = TestLearner()
        for first in stride(from: 0, to: events.count, by: 4000) {
            let slice = Array(events[first..<min(first + 4000, events.count)])
            whole.apply(slice)
            cut.fill(slice)
            var at = 0
            while at < slice.count {
                let next = min(slice.count, at + Int.random(in: 1...300, using: &random))
                cut.learner.apply(cut.batch, at..<next, cut.outcomes)
                at = next
            }
            let bits = { (test: TestLearner) in test.predictions(slice.count).map(\.bitPattern) }
            #expect(bits(whole) == bits(cut), "seed \(seed)")
            #expect(
                (0..<slice.count).allSatisfy { whole.outcomes.outcomes[$0] == cut.outcomes.outcomes[$0] },
                "seed \(seed)")
        }
        #expect(try whole.digest() == cut.digest(), "seed \(seed)")
    }

    /// Changes and removals of ratings.
    static func rethought(seed: UInt64) -> [RatingEvent] {
        var random = SeededRandom(seed: seed)
        return (0..<2000).map { at in
            let user = Int64.random(in: 1...40, using: &random)
            let movie = Int64.random(in: 1...100, using: &random)
            if random.oneIn(4) { return .remove(user, movie, at: Int64(10_000 + at)) }
            return .set(user, movie, UInt8.random(in: 1...10, using: &random), at: Int64(10_000 + at))
        }
    }
}
