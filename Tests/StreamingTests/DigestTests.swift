import Foundation
import Learning
import Recommending
import Testing

@testable import Streaming

/// The journal names the digests of checkpoints' states; whoever comes to the same commit compares.
@Suite struct DigestTests {
    /// A service with several checkpoints behind it, whose journal names the digests of all but perhaps the last.
    private func service(_ directory: TemporaryDirectory, _ broker: ModelBroker) throws -> TestService {
        let service = try TestService(broker, store: CheckpointStore(directory: directory.path)) {
            $0.checkpointRatings = 8000
        }
        service.source.pollLimit = 1000
        try service.start()
        for _ in 0..<4 {
            CheckpointTests.fill(broker, seed: 3, users: 300, ratings: 9000)
            try service.settle()
            try service.run { service.processor.checkpointJob == nil }
            broker.rate(1, 2, 3)
            try service.settle()
        }
        return service
    }

    private func records(_ broker: ModelBroker) throws -> [JournalRecord] {
        try broker.journal.map { try $0.withUnsafeBytes { try JournalRecord(decoding: $0) } }
    }

    private func replayer(_ broker: ModelBroker) throws -> JournalReplayer {
        let source = ModelSource(broker)
        try source.assign([:])
        return JournalReplayer(
            applier: BatchApplier(
                learner: Learner(model: TwoHeadModel(), batchCapacity: StreamLimits.batchRecordsMax)),
            lists: PublishedLists(capacity: 10), source: source, checkpoint: nil, topicPrefix: "")
    }

    @Test func theJournalNamesTheDigestOfEveryCheckpoint() throws {
        let directory = try TemporaryDirectory()
        let broker = CheckpointTests.broker(users: 300, ratings: 100)
        let service = try service(directory, broker)
        let records = try records(broker)
        let cuts = records.filter(\.isCut).map(\.epoch)
        #expect(cuts.count >= 4)
        #expect(records.compactMap(\.digest).map(\.epoch) == cuts)
        // The names are right: a replay to each of these epochs has the digest.
        let replayer = try replayer(broker)
        let named = Dictionary(uniqueKeysWithValues: records.compactMap(\.digest).map { ($0.epoch, $0.digest) })
        for record in records {
            try replayer.apply(record)
            if let digest = named[record.epoch] {
                #expect(try replayer.applier.learner.snapshot().stateDigest() == digest, "epoch \(record.epoch)")
            }
        }
        #expect(try replayer.applier.learner.snapshot().digest() == service.digest())
    }

    @Test func aReplayComparesAndADifferenceIsAnError() throws {
        let directory = try TemporaryDirectory()
        let broker = CheckpointTests.broker(users: 300, ratings: 100)
        _ = try service(directory, broker)
        let good = try replayer(broker)
        for record in try records(broker) { try good.apply(record) }
        #expect(good.digests.count >= 2)

        let bad = try replayer(broker)
        var digests = 0
        #expect(throws: RecoveryError.self) {
            for var record in try records(broker) {
                if let named = record.digest {
                    digests += 1
                    var bytes = named.digest.bytes
                    bytes[31] ^= 1
                    record.digest = EpochDigest(epoch: named.epoch, digest: StateDigest(bytes: bytes))
                }
                try bad.apply(record)
            }
        }
        #expect(digests > 0 && bad.digests.count == 0)
    }

    /// Little is learnt between the cuts: comparing at each would take longer than learning.
    @Test func whereLittleIsLearntNotEveryCutIsCompared() throws {
        var comparison = DigestComparison()
        let broker = CheckpointTests.broker(users: 300, ratings: 3000)
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        let digest = try service.learner.snapshot().stateDigest()
        let step = service.learner.byteCount / DigestComparison.bytesPerRating / 3
        for cut in 1...30 {
            comparison.passed(service.learner, epoch: Int64(cut), ratings: cut * step)
            try comparison.compare(with: EpochDigest(epoch: Int64(cut), digest: digest))
        }
        #expect((6...10).contains(comparison.count), "\(comparison.count)")
    }

    @Test func whoLoadsACheckpointCompares() throws {
        let directory = try TemporaryDirectory()
        let broker = CheckpointTests.broker(users: 300, ratings: 100)
        let first = try service(directory, broker)
        let store = CheckpointStore(directory: directory.path)
        let again = try TestService(broker, store: store)
        try again.start()
        #expect(try again.digest() == first.digest())

        // A checkpoint of another state, whole and under the right chain: only the digest tells.
        let point = try #require(store.points().first)
        let loaded = try store.load(point)
        let named = try #require(try records(broker).compactMap(\.digest).last { $0.epoch == point.epoch })
        let learner = Learner(model: TwoHeadModel(), batchCapacity: 16)
        let lists = PublishedLists(capacity: 10)
        try loaded.restore(learner, lists)
        #expect(try learner.snapshot().stateDigest() == named.digest)
        _ = learner.withdraw(movieID: 3)
        let content = CheckpointContent(
            applicationID: loaded.applicationID, numericsVersion: loaded.numericsVersion, settings: loaded.settings,
            position: loaded.position, learner: learner.snapshot(), lists: lists.snapshot())
        let job = CheckpointJob(content, base: nil, store: store, haste: .all)
        job.commitStands(journalOffset: loaded.journalOffset)
        #expect(job.wait(seconds: 10))
        for other in store.points() where !other.isBase || other.epoch != point.epoch {
            unlink(store.path(of: other))
        }
        let misled = try TestService(broker, store: store)
        #expect(
            throws: RecoveryError.otherState(
                epoch: point.epoch, expected: named.digest.description,
                found: try learner.snapshot().digest())
        ) { try misled.start() }
    }
}
