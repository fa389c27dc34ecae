import Foundation
import Learning
import Recommending
import Testing

@testable import Streaming

/// Whatever is wrong with a checkpoint is seen, and said.
@Suite struct CheckpointDamageTests {
    /// The bytes of a base and of a delta against it.
    private static func pair() throws -> (base: [UInt8], delta: [UInt8]) {
        let directory = try TemporaryDirectory()
        let broker = CheckpointTests.broker(users: 500, ratings: 800)
        let service = try CheckpointTests.service(broker, directory)
        let store = try #require(service.processor.store)
        try service.checkpoint()
        broker.rate(7, 8, 3)
        try service.settle()
        try service.checkpoint()
        let points = store.points()
        #expect(points.map(\.isBase) == [false, true])
        return (try CheckpointFile.read(store.path(of: points[1])), try CheckpointFile.read(store.path(of: points[0])))
    }

    @Test func everyTornFileIsSeen() throws {
        let (base, delta) = try Self.pair()
        _ = try LoadedCheckpoint(delta) { _ in base }
        for length in stride(from: 0, to: base.count, by: 512) {
            #expect(throws: CheckpointError.self) { try LoadedCheckpoint(Array(base[..<length])) { _ in nil } }
            #expect(throws: CheckpointError.self) { try LoadedCheckpoint(delta) { _ in Array(base[..<length]) } }
        }
        for length in Array(stride(from: 0, to: delta.count, by: 512)) + [delta.count - 1] {
            #expect(throws: CheckpointError.self) { try LoadedCheckpoint(Array(delta[..<length])) { _ in base } }
        }
        #expect(throws: CheckpointError.self) { try LoadedCheckpoint(delta + [0]) { _ in base } }
    }

    @Test func everyFlippedBitIsSeen() throws {
        var (base, delta) = try Self.pair()
        var generator = SplitMix64(seed: 99)
        for _ in 0..<5000 {
            let at = Int(generator.next() % UInt64(base.count))
            let bit = UInt8(1 << (generator.next() % 8))
            base[at] ^= bit
            #expect(throws: CheckpointError.self, "byte \(at) of the base") { try CheckpointParts(base) }
            base[at] ^= bit
        }
        for _ in 0..<5000 {
            let at = Int(generator.next() % UInt64(delta.count))
            let bit = UInt8(1 << (generator.next() % 8))
            delta[at] ^= bit
            #expect(throws: CheckpointError.self, "byte \(at) of the delta") { try CheckpointParts(delta) }
            delta[at] ^= bit
        }
        _ = try LoadedCheckpoint(delta) { _ in base }
    }

    @Test func aDeltaGoesWithItsOwnBaseAlone() throws {
        let (base, delta) = try Self.pair()
        let (_, other) = try Self.pair()
        #expect(throws: CheckpointError.self) { try LoadedCheckpoint(delta) { _ in nil } }
        #expect(throws: CheckpointError.self) { try LoadedCheckpoint(delta) { _ in delta } }
        // The same events give the same bytes, so the pair made anew fits; a base of other events does not.
        _ = try LoadedCheckpoint(other) { _ in base }
        let directory = try TemporaryDirectory()
        let service = try CheckpointTests.service(
            CheckpointTests.broker(seed: 5, users: 500, ratings: 800), directory)
        try service.checkpoint()
        let store = try #require(service.processor.store)
        let foreign = try CheckpointFile.read(store.path(of: try #require(store.points().first)))
        #expect(throws: CheckpointError.self) { try LoadedCheckpoint(delta) { _ in foreign } }
    }

    /// A chunk that is missing, twice or of another checkpoint has a good sum of its own.
    @Test func chunksOfSeveralCheckpointsAreSeen() throws {
        let (base, delta) = try Self.pair()
        var chunks: [[UInt8]] = []
        try CheckpointChunks.forEach(of: base) { _, payload, _ in
            let start = payload.startIndex - CheckpointLayout.chunkHeadBytes
            chunks.append(Array(base[start..<(payload.endIndex + CheckpointLayout.chunkTailBytes)]))
        }
        let prefix = Array(base[..<CheckpointLayout.prefixBytes])
        #expect(try CheckpointParts(prefix + chunks.flatMap { $0 }).sum == CheckpointParts(base).sum)
        for at in chunks.indices {
            var fewer = chunks
            fewer.remove(at: at)
            #expect(throws: CheckpointError.self, "without chunk \(at)") {
                try CheckpointParts(prefix + fewer.flatMap { $0 })
            }
            var more = chunks
            more.insert(chunks[at], at: at)
            #expect(throws: CheckpointError.self, "chunk \(at) twice") {
                try CheckpointParts(prefix + more.flatMap { $0 })
            }
        }
        var deltaHead: [UInt8] = []
        try CheckpointChunks.forEach(of: delta) { tag, payload, _ in
            let start = payload.startIndex - CheckpointLayout.chunkHeadBytes
            if tag == .head { deltaHead = Array(delta[start..<(payload.endIndex + CheckpointLayout.chunkTailBytes)]) }
        }
        chunks[0] = deltaHead
        #expect(throws: CheckpointError.self) { try CheckpointParts(prefix + chunks.flatMap { $0 }) }
    }

    // MARK: Whole, but not ours

    /// A service that stopped, its directory with one checkpoint in it that `change` has changed.
    private func stopped(
        _ change: (inout CheckpointContent) -> Void
    ) throws -> (broker: ModelBroker, directory: TemporaryDirectory, digest: String) {
        let directory = try TemporaryDirectory()
        let service = try CheckpointTests.service(CheckpointTests.broker(ratings: 300), directory)
        let store = try #require(service.processor.store)
        var content = CheckpointTests.content(of: service)
        change(&content)
        let job = CheckpointJob(content, base: nil, store: store, haste: .all)
        job.commitStands(journalOffset: service.processor.lastJournalOffset)
        #expect(job.wait(seconds: 10))
        #expect(store.points().count == 1)
        return (service.broker, directory, try service.digest())
    }

    private func restart(_ broker: ModelBroker, _ directory: TemporaryDirectory) throws -> TestService {
        let service = try TestService(broker, store: CheckpointStore(directory: directory.path))
        try service.start()
        return service
    }

    @Test func oneOfTheSameKindIsTaken() throws {
        let (broker, directory, digest) = try stopped { _ in }
        let service = try restart(broker, directory)
        #expect(service.processor.lastCheckpointEpoch == service.processor.position.epoch)
        #expect(try service.digest() == digest)
    }

    @Test func oneOfAnotherApplicationIsRefused() throws {
        let (broker, directory, _) = try stopped { $0.applicationID = "other" }
        #expect(
            throws: RecoveryError.otherApplication(place: "the state directory \(directory.path)", found: "other")
        ) {
            try restart(broker, directory)
        }
    }

    @Test func oneOfOtherSettingsIsRefused() throws {
        let (broker, directory, _) = try stopped { $0.settings += " and more" }
        #expect(throws: RecoveryError.self) { try restart(broker, directory) }
    }

    @Test func oneOfLaterNumericsIsRefused() throws {
        let (broker, directory, _) = try stopped { $0.numericsVersion += 1 }
        #expect(
            throws: RecoveryError.otherNumerics(
                found: TwoHeadModel.numericsVersion + 1, expected: TwoHeadModel.numericsVersion)
        ) { try restart(broker, directory) }
    }

    @Test(arguments: [1, 3, 77] as [UInt32])
    func oneOfAnotherFormatIsPassedOverAndTheJournalReplays(format: UInt32) throws {
        let (broker, directory, digest) = try stopped { _ in }
        let store = CheckpointStore(directory: directory.path)
        let path = store.path(of: try #require(store.points().first))
        var bytes = try CheckpointFile.read(path)
        withUnsafeBytes(of: format.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let service = try restart(broker, directory)
        #expect(service.processor.lastCheckpointEpoch == 0)
        #expect(service.notices.contains { $0.contains("its format \(format) is not one that this version reads") })
        #expect(try service.digest() == digest)
    }

    /// Sums that are right over content that can't be: a faulty writer must not crash its reader.
    @Test(arguments: [(4_000_000, 4), (3, 5)] as [(UInt32, Int64)])
    func impossibleContentIsAnError(movie: UInt32, movieID: Int64) throws {
        let (broker, directory, _) = try stopped { content in
            content.position.fanOuts = [
                FanOut(kind: .added, movie: movie, movieID: movieID, partition: 0, offset: 0, eventTime: 0)
            ]
        }
        #expect(throws: CheckpointError.self) { try restart(broker, directory) }
    }
}
