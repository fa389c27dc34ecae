import Events
import Testing

@testable import Learning

/// A state goes into a checkpoint's tables and blobs and comes back, whole or as a base with what changed since.
struct StateImageTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>, [ModelKind.twoHeads, .biasedMatrixFactorization])
    func aBaseWithWhatChangedSinceIsTheState(seed: UInt64, kind: ModelKind) throws {
        let test = TestLearner(model: try kind.makeModel())
        var stream = EventStream(seed: seed)
        test.apply(stream.take(2000))
        let base = test.learner.snapshot()
        let baseImage = try base.image()
        for round in 0..<6 {
            // Sometimes little, sometimes nothing; other snapshots in between change nothing.
            test.apply(stream.take([40, 0, 3, 1500, 1, 400][round]))
            _ = test.learner.snapshot()
            var image = baseImage
            try image.apply(test.learner.snapshot().image(since: base))
            let restored = try TestLearner(restoring: image, model: try kind.makeModel())
            #expect(try restored.bytes() == test.bytes(), "seed \(seed), round \(round)")
            #expect(restored.learner.users.free == test.learner.users.free)
            #expect(restored.learner.rated.freeBlocks == test.learner.rated.freeBlocks)
            let images = (try restored.image(), try test.image())
            #expect(same(images.0, images.1), "seed \(seed), round \(round): the same bytes in memory")

            var later = stream
            let more = later.take(700)
            let twin = try TestLearner(restoring: test.image(), model: try kind.makeModel())
            restored.apply(more)
            twin.apply(more)
            #expect(try restored.digest() == twin.digest(), "seed \(seed), round \(round)")
        }
    }

    /// Pages that nothing was written to are not in what changed.
    @Test func whatChangedHoldsOnlyWhatChanged() throws {
        let test = TestLearner()
        test.apply((1...3000 as ClosedRange<Int64>).map { RatingEvent.set($0, $0 % 40 + 1, 7, at: $0) })
        let base = test.learner.snapshot()
        #expect(try size(test.learner.snapshot().image(since: base)) == 0)
        test.apply([.set(5, 39, 3, at: 9000)])
        let changed = try size(test.learner.snapshot().image(since: base))
        let all = try size(base.image())
        #expect(changed > 0 && changed < all / 4, "\(changed) of \(all) bytes")
        #expect(try test.learner.snapshot().image(since: base).blobs["descriptions"] == nil)
        _ = test.learner.announce(Movie(movieID: 3, title: "Up", year: 2009, genres: []))
        #expect(try test.learner.snapshot().image(since: base).blobs["descriptions"] != nil)
    }

    /// Few rows, so that every position can be tried: users alive, forgotten and with a removal, described movies.
    private static func smallState() -> TestLearner {
        let test = TestLearner(smallSettings)
        _ = test.learner.announce(Movie(movieID: 3, title: "Amélie", year: 2001, genres: ["Comedy", "Romance"]))
        _ = test.learner.withdraw(movieID: 4)
        test.apply([.set(1, 3, 9, at: 10), .set(2, 3, 2, at: 11), .remove(2, 5, at: 12), .set(6, 5, 7, at: 13)])
        _ = test.learner.describe(UserProfile(userID: 2, gender: .female, age: 33, occupation: 7))
        _ = test.learner.forget(userID: 1, recordTimestampMilliseconds: 20)
        return test
    }

    private static let smallSettings = {
        var settings = BiasedMatrixFactorization.Settings()
        settings.dimension = 16
        return settings
    }()

    /// A bit that flips is refused or makes another state; it is never lost where it counts and never a crash, now or
    /// when the learner goes on.
    @Test func aFlippedBitIsRefusedOrAnotherState() throws {
        let test = Self.smallState()
        let (whole, digest) = (try test.image(), try test.digest())
        var (restoredCount, refusedCount) = (0, 0)
        for name in whole.tables.keys.sorted() {
            for run in (whole.tables[name]?.runs ?? []).indices {
                for at in (whole.tables[name]?.runs[run].bytes ?? []).indices {
                    var image = whole
                    for bit in 0..<8 as Range<UInt8> {
                        image.tables[name]?.runs[run].bytes[at] ^= 1 << bit
                        let same = try digestAfter(image, &restoredCount, &refusedCount)
                        image.tables[name]?.runs[run].bytes[at] ^= 1 << bit
                        if name.hasPrefix("model.") { #expect(same != digest, "\(name), byte \(at), bit \(bit)") }
                    }
                }
            }
        }
        for name in whole.blobs.keys.sorted() {
            for at in (whole.blobs[name] ?? []).indices {
                for bit in 0..<8 as Range<UInt8> {
                    var image = whole
                    image.blobs[name]?[at] ^= 1 << bit
                    #expect(
                        try digestAfter(image, &restoredCount, &refusedCount) != digest,
                        "\(name), byte \(at), bit \(bit)")
                }
            }
        }
        #expect(restoredCount > 1000 && refusedCount > 1000)
    }

    /// The digest of what an image gives, nil when it is refused; the learner is then driven on.
    private func digestAfter(_ image: StateImage, _ restored: inout Int, _ refused: inout Int) throws -> String? {
        do {
            let test = try TestLearner(restoring: image, Self.smallSettings)
            let digest = try test.digest()
            test.apply([.set(6, 3, 4, at: 30), .remove(2, 3, at: 31), .set(2, 5, 2, at: 32), .set(9, 4, 2, at: 33)])
            for user in [2, 6, 9] as [Int64] {
                _ = test.learner.forget(userID: user, recordTimestampMilliseconds: 40)
            }
            restored += 1
            return digest
        } catch is StateImage.Failure {
            refused += 1
            return nil
        }
    }

    @Test func truncatedBlobsAreRefusedAtEveryPosition() throws {
        let whole = try Self.smallState().image()
        for name in whole.blobs.keys {
            for length in 0..<(whole.blobs[name]?.count ?? 0) {
                var image = whole
                image.blobs[name] = Array(whole.blobs[name]?.prefix(length) ?? [])
                #expect(throws: StateImage.Failure.self, "\(length) bytes of '\(name)'") {
                    try TestLearner(restoring: image, Self.smallSettings)
                }
            }
            var longer = whole
            longer.blobs[name]?.append(0)
            #expect(throws: StateImage.Failure.self) { try TestLearner(restoring: longer, Self.smallSettings) }
        }
    }

    @Test func partsThatAreMissingUnknownOrOfOtherShapeAreRefused() throws {
        let whole = try Self.smallState().image()
        func refuse(_ change: (inout StateImage) throws -> Void) rethrows {
            var image = whole
            try change(&image)
            #expect(throws: StateImage.Failure.self) { try TestLearner(restoring: image, Self.smallSettings) }
        }
        for name in whole.tables.keys {
            refuse { $0.tables[name] = nil }
            refuse { $0.tables[name]?.rowBytes += 8 }
            refuse { $0.tables[name]?.rowCount = Int(UInt32.max) - 1 }
            refuse { $0.tables[name]?.rowCount = .max }
            refuse { $0.tables[name]?.rowCount = -1 }
            refuse { $0.tables[name]?.runs.append(StateImage.Run(offset: 1 << 40, bytes: [1])) }
            refuse { $0.tables[name]?.runs.append(StateImage.Run(offset: -1, bytes: [1])) }
            refuse { $0.tables[name]?.rowCount += 1 }
        }
        for name in whole.blobs.keys { refuse { $0.blobs[name] = nil } }
        refuse { $0.tables["optimizer"] = StateImage.Table(rowBytes: 8, rowCount: 0) }
        refuse { $0.blobs["ring"] = [] }
        var other = whole
        var delta = StateImage()
        delta.tables["users"] = StateImage.Table(rowBytes: 8, rowCount: 100)
        #expect(throws: StateImage.Failure.self) { try other.apply(delta) }
        delta.tables["users"] = StateImage.Table(rowBytes: whole.tables["users"]?.rowBytes ?? 0, rowCount: 0)
        #expect(throws: StateImage.Failure.self) { try other.apply(delta) }
    }

    /// A free row or block keeps nothing of whoever had it.
    @Test func nothingOfAForgottenUserIsInTheTables() throws {
        let test = TestLearner()
        let secret: Int64 = 0x1234_5678_9ABC
        let time: Int64 = 0x0BAD_CAFE_1234
        var stream = EventStream(seed: 77)
        test.apply(stream.take(500))
        for movie in 1...40 as ClosedRange<Int64> { test.apply([.set(secret, movie, 7, at: time)]) }
        let before = try test.image()
        #expect(holds(before, secret) && holds(before, time))
        _ = test.learner.forget(userID: secret, recordTimestampMilliseconds: 5)
        let image = try test.image()
        #expect(!holds(image, time))
        // What stays is who was forgotten, once.
        #expect(image.tables.values.allSatisfy { table in table.runs.allSatisfy { !contains($0.bytes, secret) } })
        #expect(image.blobs.filter { contains($0.value[...], secret) }.map(\.key) == ["books"])
    }

    private func holds(_ image: StateImage, _ number: Int64) -> Bool {
        image.tables.values.contains { $0.runs.contains { contains($0.bytes, number) } }
            || image.blobs.values.contains { contains($0[...], number) }
    }

    private func contains(_ bytes: ArraySlice<UInt8>, _ number: Int64) -> Bool {
        let wanted = withUnsafeBytes(of: number.littleEndian) { Array($0.prefix(6)) }
        return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }

    private func size(_ image: StateImage) -> Int {
        image.tables.values.reduce(0) { $0 + $1.runs.reduce(0) { $0 + $1.bytes.count } }
    }

    /// The same rows in the same places.
    private func same(_ left: StateImage, _ right: StateImage) -> Bool {
        left.blobs == right.blobs
            && left.tables.keys.sorted() == right.tables.keys.sorted()
            && left.tables.keys.allSatisfy { name in
                left.tables[name]?.rowCount == right.tables[name]?.rowCount
                    && left.tables[name]?.runs.flatMap(\.bytes) == right.tables[name]?.runs.flatMap(\.bytes)
            }
    }
}
