import Events
import Testing

@testable import Learning

struct SnapshotTests {
    private static func learner(seed: UInt64, _ events: Int = 2000) -> TestLearner {
        let test = TestLearner()
        var stream = EventStream(seed: seed)
        test.apply(stream.take(events))
        return test
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func aRestoredLearnerGoesOnAsIfNothingHadHappened(seed: UInt64) throws {
        let first = TestLearner()
        var stream = EventStream(seed: seed)
        first.apply(stream.take(3000))
        let bytes = try first.bytes()
        let restored = try TestLearner(restoring: first.image())
        #expect(try restored.digest() == first.digest(), "seed \(seed)")
        #expect(try restored.bytes() == bytes, "seed \(seed)")
        #expect(restored.learner.counters == first.learner.counters)
        #expect(restored.learner.forgotten == first.learner.forgotten)

        let more = stream.take(3000)
        first.apply(more)
        restored.apply(more)
        #expect(try restored.digest() == first.digest(), "seed \(seed)")
        #expect(try restored.bytes() != bytes, "seed \(seed)")
    }

    @Test func anEmptyLearnerCanBeRestored() throws {
        #expect(try TestLearner(restoring: TestLearner().image()).digest() == TestLearner().digest())
    }

    /// All movies of a restored model are dirty, so that an index can be filled from them.
    @Test func aRestoredModelOffersAllItsMovies() throws {
        let restored = try TestLearner(restoring: Self.learner(seed: 9).image())
        let count = UInt32(restored.learner.movies.count)
        #expect(count == 15 && restored.model.dirtyMovies.sorted() == Array(0..<count))
        restored.model.clearDirty()
        #expect(restored.model.dirtyMovies.isEmpty)
    }

    @Test func aSnapshotIsNotMovedByWhatIsLearntLater() async throws {
        let test = TestLearner()
        var stream = EventStream(seed: 21)
        test.apply(stream.take(1000))
        let before = try test.digest()
        let snapshot = test.learner.snapshot()
        // Digests on another thread while this one learns.
        let digests = Task.detached { try (0..<20).map { _ in try snapshot.digest() } }
        test.apply(stream.take(20_000))
        #expect(try await digests.value.allSatisfy { $0 == before })
        #expect(try test.digest() != before)
    }

    enum Change: CaseIterable {
        case value, removal, time, order, profile, forgotten, description, vector
    }

    @Test(arguments: Change.allCases)
    func theDigestSeesEveryChange(change: Change) throws {
        let test = Self.learner(seed: 5, 500)
        let before = try test.digest()
        let row = try #require((0..<12).first { test.learner.users.pointer($0).pointee.rated.count > 2 })
        let user = test.learner.users.mutablePointer(row)
        let entries = test.learner.rated.entries(user.pointee.rated)
        let (time, value) = (entries.times[0], entries.values[0])
        switch change {
        case .value:
            test.learner.rated.update(0, timeMilliseconds: time, value: value ^ 1, in: &user.pointee.rated)
        case .removal:
            let removed = value ^ RatedMovies.removedFlag
            test.learner.rated.update(0, timeMilliseconds: time, value: removed, in: &user.pointee.rated)
        case .time:
            test.learner.rated.update(0, timeMilliseconds: time + 1, value: value, in: &user.pointee.rated)
        case .order:
            // The same entries, arrived the other way round.
            let movies = Array(entries.movieBuffer)
            let (times, values) = (movies.indices.map { entries.times[$0] }, movies.indices.map { entries.values[$0] })
            test.learner.rated.removeAll(&user.pointee.rated)
            for at in movies.indices.reversed() {
                test.learner.rated.append(
                    movies[at], timeMilliseconds: times[at], value: values[at], to: &user.pointee.rated)
            }
        case .profile: user.pointee.occupation &+= 1
        case .forgotten: test.learner.forgotten[999] = 1
        case .description:
            test.learner.movies.describe(0, MovieDescription(title: "Another", year: nil, genres: []))
        case .vector:
            test.model.tables[1].rows.mutableRow(3).assumingMemoryBound(to: Float.self).pointee += 1
        }
        #expect(try test.digest() != before)
    }

    @Test func aStateMustHaveAllOfTheModelsTables() throws {
        let test = TestLearner(model: TwoHeadModel())
        var stream = EventStream(seed: 12)
        test.apply(stream.take(1500))
        for name in test.model.tables.map(\.name) {
            var image = try test.image()
            image.tables["model." + name] = nil
            #expect(throws: StateImage.Failure.missing("model." + name)) {
                try TestLearner(restoring: image, model: TwoHeadModel())
            }
        }
    }

    @Test func anEmptyStateIsRestoredBitByBit() throws {
        let empty = TestLearner(model: TwoHeadModel())
        let restored = try TestLearner(restoring: empty.image(), model: TwoHeadModel())
        #expect(try restored.digest() == empty.digest())
    }

    @Test func digestsAreHexadecimalSHA256() throws {
        let digest = try TestLearner().digest()
        #expect(digest.count == 64 && digest.allSatisfy { "0123456789abcdef".contains($0) })
    }
}
