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
        let restored = try TestLearner(restoring: bytes)
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
        let bytes = try TestLearner().bytes()
        #expect(try TestLearner(restoring: bytes).digest() == TestLearner().digest())
    }

    /// All movies of a restored model are dirty, so that an index can be filled from them.
    @Test func aRestoredModelOffersAllItsMovies() throws {
        let restored = try TestLearner(restoring: Self.learner(seed: 9).bytes())
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

    /// Few rows, so that every position can be tried: users alive, forgotten and with a removal, described movies.
    private static func smallState() throws -> [UInt8] {
        let test = TestLearner(smallSettings)
        _ = test.learner.announce(Movie(movieID: 3, title: "Amélie", year: 2001, genres: ["Comedy", "Romance"]))
        _ = test.learner.withdraw(movieID: 4)
        test.apply([.set(1, 3, 9, at: 10), .set(2, 3, 2, at: 11), .remove(2, 5, at: 12), .set(6, 5, 7, at: 13)])
        _ = test.learner.describe(UserProfile(userID: 2, gender: .female, age: 33, occupation: 7))
        _ = test.learner.forget(userID: 1, recordTimestampMilliseconds: 20)
        return try test.bytes()
    }

    private static let smallSettings = {
        var settings = BiasedMatrixFactorization.Settings()
        settings.dimension = 16
        return settings
    }()

    @Test func truncatedBytesAreRefusedAtEveryPosition() throws {
        let bytes = try Self.smallState()
        #expect(try TestLearner(restoring: bytes, Self.smallSettings).bytes() == bytes)
        for length in 0..<bytes.count {
            #expect(throws: StateReader.Failure.self, "\(length) of \(bytes.count) bytes") {
                try TestLearner(restoring: Array(bytes.prefix(length)), Self.smallSettings)
            }
        }
        #expect(throws: StateReader.Failure.impossible("1 bytes too many", offset: bytes.count)) {
            try TestLearner(restoring: bytes + [0], Self.smallSettings)
        }
    }

    /// A bit that flips is refused or makes another state; it is never lost and never a crash.
    @Test func everyBitOfTheStateIsInTheDigest() throws {
        let bytes = try Self.smallState()
        let digest = try TestLearner(restoring: bytes, Self.smallSettings).digest()
        var restoredCount = 0
        for at in 0..<bytes.count {
            for bit in 0..<8 as Range<UInt8> {
                var flipped = bytes
                flipped[at] ^= 1 << bit
                do {
                    let other = try TestLearner(restoring: flipped, Self.smallSettings)
                    restoredCount += 1
                    #expect(try other.digest() != digest, "byte \(at), bit \(bit)")
                } catch is StateReader.Failure {
                    continue
                }
            }
        }
        #expect(restoredCount > 4 * bytes.count)
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
            // The last movie row's padded end and bias lie before the end of the bytes; its first float is flipped.
            var bytes = try test.bytes()
            bytes[bytes.count - test.model.bytesPerMovie] ^= 1
            #expect(try TestLearner(restoring: bytes).digest() != before)
            return
        }
        #expect(try test.digest() != before)
    }

    @Test func digestsAreHexadecimalSHA256() throws {
        let digest = try TestLearner().digest()
        #expect(digest.count == 64 && digest.allSatisfy { "0123456789abcdef".contains($0) })
    }

    @Test func valuesAreReadBackAsWritten() throws {
        var bytes: [UInt8] = []
        var chunks = 0
        var writer = StateWriter(chunkBytes: 16) {
            bytes.append(contentsOf: $0)
            chunks += 1
        }
        try writer.write(0x0102_0304 as UInt32)
        try writer.write(Int64.min)
        try writer.write(-0.0 as Float)
        try writer.write(Double.infinity)
        try writer.write("Amélie")
        try writer.write("")
        try writer.flush()
        #expect(chunks > 1 && bytes.prefix(4) == [4, 3, 2, 1])
        try bytes.withUnsafeBytes(expectValues)
    }

    private func expectValues(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = StateReader(bytes)
        #expect(try reader.read(UInt32.self) == 0x0102_0304)
        #expect(try reader.read(Int64.self) == .min)
        #expect(try reader.readFloat().bitPattern == (-0.0 as Float).bitPattern)
        #expect(try reader.readDouble() == .infinity)
        #expect(try reader.readString() == "Amélie")
        #expect(try reader.readString() == "")
        #expect(reader.isAtEnd)
        #expect(throws: StateReader.Failure.ended(offset: bytes.count, wanted: 1)) { try reader.read(UInt8.self) }
    }
}
