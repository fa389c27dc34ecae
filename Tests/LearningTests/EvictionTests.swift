import Events
import Testing

@testable import Learning

/// Users who are silent for long lose their rows, and only they.
struct EvictionTests {
    private static let limit = Eviction.eventsMin

    private func makeLearner() -> Learner {
        Learner(model: TwoHeadModel(), batchCapacity: 4096, eviction: Eviction(afterEvents: Self.limit))
    }

    /// Users 1…50 rate once; then user 99 rates on and on, and user 7 now and then.
    private func feed(_ learner: Learner, by size: Int, events: Int) -> [EvictedUser] {
        let batch = RatingBatch(capacity: size)
        let outcomes = RatingOutcomes(capacity: size)
        var evicted: [EvictedUser] = []
        func flush() {
            learner.apply(batch, 0..<batch.count, outcomes)
            evicted += learner.evicted
            learner.clearEvicted()
            batch.removeAll()
        }
        for event in 0..<events {
            let at = batch.count
            let isSeven = event % 40_000 == 0
            batch.userIDs[at] = event < 50 ? Int64(event) + 1 : isSeven ? 7 : 99
            batch.movieIDs[at] = Int64(event % 30) + 1
            batch.halfStars[at] = UInt8(event % 10) + 1
            batch.operations[at] = Rating.Operation.set.rawValue
            batch.eventTimes[at] = Int64(event)
            batch.recordTimestamps[at] = Int64(event)
            batch.count = at + 1
            if batch.count == size { flush() }
        }
        if batch.count > 0 { flush() }
        return evicted
    }

    @Test func whoIsSilentGoesAndWhoRatesStays() throws {
        let learner = makeLearner()
        let evicted = feed(learner, by: 1000, events: 110_000)
        #expect(Set(evicted.map(\.id)) == Set(1...50).subtracting([7]))
        #expect(learner.users.count == 2 && learner.counters.usersEvicted == 49)
        #expect(learner.users.row(of: 7) != IdentityMap.none && learner.users.row(of: 99) != IdentityMap.none)
        // What stands of each movie is what those who stay have rated.
        var standing = [Int64](repeating: 0, count: 31)
        for id in [7, 99] as [Int64] {
            let entries = learner.rated.entries(learner.users.pointer(learner.users.row(of: id)).pointee.rated)
            for at in 0..<entries.count { standing[Int(learner.movies.id(entries.movies[at]))] += 1 }
        }
        for movie in 1...30 as ClosedRange<Int64> {
            let row = learner.movies.row(of: movie)
            #expect(Int64(learner.movies.pointer(row).pointee.ratingCount) == standing[Int(movie)])
        }
        for table in learner.model.tables where table.name == "ranking-users" {
            let row = try #require(evicted.first?.row)
            let bytes = UnsafeRawBufferPointer(start: table.rows.row(row), count: table.rows.rowBytes)
            #expect(bytes.allSatisfy { $0 == 0 })
        }
    }

    @Test func batchesDoNotShowAndACheckpointGoesOn() throws {
        let (whole, cut) = (makeLearner(), makeLearner())
        #expect(feed(whole, by: 4000, events: 104_000).count == feed(cut, by: 77, events: 104_000).count)
        #expect(try whole.snapshot().digest() == cut.snapshot().digest())
        var image = try whole.snapshot().image()
        let restored = makeLearner()
        try restored.restore(from: &image)
        _ = feed(whole, by: 500, events: 3000)
        _ = feed(restored, by: 500, events: 3000)
        #expect(try restored.snapshot().digest() == whole.snapshot().digest())
    }

    @Test func itIsOffUnlessAskedForAndPartOfTheSettings() {
        let standard = Learner(model: TwoHeadModel(), batchCapacity: 4096)
        #expect(feed(standard, by: 4096, events: 120_000).isEmpty)
        #expect(standard.settings == standard.model.settings)
        #expect(makeLearner().settings != standard.settings)
    }
}
