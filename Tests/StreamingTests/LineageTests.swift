import Events
import Foundation
import Learning
import Recommending
import Testing

@testable import Streaming

/// Where a lineage ends and the next begins, and what is said of it.
@Suite struct LineageTests {
    private let ratings = InputPartition(.ratings, 0)

    /// A stream that a service has processed, and stopped.
    private func processed(store: CheckpointStore? = nil, model: any OnlineModel = TwoHeadModel()) throws
        -> ModelBroker
    {
        let broker = ModelBroker()
        for movie in 1...30 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        var stream = MadeUpStream(seed: 5, users: 12, movies: 30)
        for _ in 0..<300 {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
        let service = try TestService(broker, store: store, model: model)
        service.source.pollLimit = 40
        try service.start()
        try service.settle()
        try service.processor.stop()
        return broker
    }

    private func lineages(_ broker: ModelBroker) throws -> [JournalRecord] {
        try broker.journal.map { bytes in try bytes.withUnsafeBytes { try JournalRecord(decoding: $0) } }
            .filter { $0.kind == .start }
    }

    /// Starts on what is left, and again: the second start finds an exact lineage.
    private func continues(
        _ broker: ModelBroker, _ words: String, _ store: CheckpointStore,
        model: @autoclosure () -> any OnlineModel = TwoHeadModel(),
        _ configure: (inout StreamProcessor.Settings) -> Void = { _ in }
    ) throws {
        let before = broker.journal.count
        let sequences = (1...12 as ClosedRange<Int64>).map { broker.lists(of: $0).last?.sequence ?? 0 }
        let service = try TestService(broker, store: store, model: model(), configure)
        try service.start()
        #expect(broker.journal.count == before + 1)
        let start = try #require(try lineages(broker).last)
        let lineage = try #require(start.lineage)
        #expect(lineage.origin == .continued && lineage.reason.contains(words), "\(lineage.reason)")
        #expect(lineage.inputs == service.processor.position.inputs)
        #expect(start.epoch == Int64(before) && service.processor.position.epoch == start.epoch)
        #expect(service.notices.contains { $0.contains("new lineage") && $0.contains(words) })
        #expect(service.processor.checkpointJob?.wait(seconds: 10) == true)
        #expect(store.epochs().first == start.epoch)
        let digest = try service.digest()

        let again = try TestService(broker, store: store, model: model(), configure)
        try again.start()
        #expect(broker.journal.count == before + 1)
        #expect(try again.digest() == digest)
        for (user, sequence) in zip(1...12 as ClosedRange<Int64>, sequences) where sequence > 0 {
            broker.rate(user, 31, 4)
            try again.settle()
            #expect(broker.lists(of: user).last?.sequence == sequence + 1)
        }
    }

    @Test func theFirstLineageIsEmptyAndHasEpochZero() throws {
        let start = try #require(try lineages(processed()).first)
        #expect(start.epoch == 0 && start.previousChain == .zero)
        #expect(start.lineage?.origin == .empty && start.lineage?.inputs.isEmpty == true)
        #expect(start.lineage?.numericsVersion == TwoHeadModel.numericsVersion)
    }

    @Test func recordsThatWereCompactedMakeANewLineage() throws {
        let directory = try TemporaryDirectory()
        let broker = try processed()
        broker.compacted[ratings] = [10, 11, 200]
        try continues(broker, "records are left in ranges of ratings-0", CheckpointStore(directory: directory.path))
    }

    @Test func recordsThatExpiredMakeANewLineage() throws {
        let directory = try TemporaryDirectory()
        let broker = try processed()
        broker.beginnings[ratings] = 250
        broker.beginnings[InputPartition(.movies, 0)] = 30
        try continues(broker, "ranges of ratings-0", CheckpointStore(directory: directory.path))
    }

    @Test func whatExpiredBeforeACheckpointDoesNotMatter() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed(store: store)
        broker.beginnings[ratings] = 300
        let count = broker.journal.count
        try TestService(broker, store: store).start()
        #expect(broker.journal.count == count)
    }

    @Test func lostRecordsAreGoneOnWithoutWhenAskedTo() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed(store: store)
        for _ in 0..<20 { broker.rate(13, 5, 4) }
        broker.beginnings[ratings] = 310
        let error = #expect(throws: RecoveryError.self) { try TestService(broker, store: store).start() }
        #expect(error == .expiredUnread(place: "ratings-0", position: 300, beginning: 310))
        try continues(broker, "ratings-0 expired unread from offset 300 to 310", store) { $0.onLostOffsets = .earliest }
    }

    @Test func theNextVersionOfTheNumericsGoesOnAndOthersAreRefused() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed(store: store, model: VersionedModel(numericsVersion: 4))
        for version in [2, 3, 6] {
            let error = #expect(throws: RecoveryError.self) {
                try TestService(broker, store: store, model: VersionedModel(numericsVersion: version)).start()
            }
            #expect(error == .otherNumerics(found: 4, expected: version))
            #expect(error?.description.contains("state rebuild") == true)
        }
        try continues(
            broker, "version 4 of the numerics", store, model: VersionedModel(numericsVersion: 5))
        #expect(try lineages(broker).last?.lineage?.numericsVersion == 5)
        // Without checkpoints the journal is of two versions.
        let replayed = try TestService(broker, model: VersionedModel(numericsVersion: 5))
        try replayed.start()
        #expect(try lineages(broker).last?.lineage?.reason.contains("the checkpoint") == true)
    }

    /// Versions may call the same settings by other names; those of the version before are known to the next alone.
    @Test func theNextVersionKnowsWhatTheOneBeforeCalledItsSettings() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed(store: store, model: VersionedModel(numericsVersion: 4, settings: "old"))
        let others = [
            (VersionedModel(numericsVersion: 5, settings: "old", before: "older"), "older"),
            (VersionedModel(numericsVersion: 4, settings: "new", before: "old"), "new"),
        ]
        for (model, expected) in others {
            let error = #expect(throws: RecoveryError.self) {
                try TestService(broker, store: store, model: model).start()
            }
            #expect(error == .otherSettings(found: "old", expected: expected))
        }
        try continues(
            broker, "version 4 of the numerics", store,
            model: VersionedModel(numericsVersion: 5, settings: "new", before: "old"))
        #expect(try lineages(broker).last?.lineage?.settings == "new")
        // From here on it is a state of its own.
        try TestService(
            broker, store: store, model: VersionedModel(numericsVersion: 5, settings: "new", before: "old")
        ).start()
    }

    @Test func aContinuedLineageWhoseCheckpointIsGoneIsNotExact() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed()
        broker.compacted[ratings] = [10, 11, 200]
        let first = try TestService(broker, store: store)
        try first.start()
        #expect(first.processor.checkpointJob?.wait(seconds: 10) == true)
        store.removeAllFiles()
        try continues(broker, "the checkpoint with which a lineage began", store)
    }

    @Test func otherSettingsAreRefusedWithTheChoices() throws {
        let broker = try processed()
        let error = #expect(throws: RecoveryError.self) {
            try TestService(
                broker, model: VersionedModel(numericsVersion: TwoHeadModel.numericsVersion, settings: "other")
            ).start()
        }
        guard case .otherSettings(_, "other")? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        for choice in ["old settings", "state rebuild", "--application-id"] {
            #expect(error?.description.contains(choice) == true)
        }
    }

    @Test func aStateOfAnyEpochIsHadFromTheStartOrACheckpoint() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed(store: store)
        let last = Int64(broker.journal.count) - 1
        var digests: Set<String> = []
        for epoch in [1, 3, last] {
            let learner = Learner(model: TwoHeadModel(), batchCapacity: StreamLimits.batchRecordsMax)
            let restored = try restoration(broker, learner, store, lastEpoch: epoch)
            try restored.catchUp()
            #expect(restored.position.epoch == epoch && restored.doubts.isEmpty)
            digests.insert(try learner.snapshot().digest())
        }
        #expect(digests.count == 3)
        // With a journal that was trimmed only from the checkpoint on.
        broker.journalBeginning = last
        let learner = Learner(model: TwoHeadModel(), batchCapacity: StreamLimits.batchRecordsMax)
        let trimmed = try restoration(broker, learner, store, lastEpoch: 3)
        #expect(throws: RecoveryError.journalTrimmed(firstEpoch: last)) { try trimmed.catchUp() }
        let epochs = try Restoration.checkpointEpochs(
            applicationID: "marquee", learner: learner, journal: ModelJournal(broker), store: store)
        #expect(epochs == [last])
    }

    private func restoration(
        _ broker: ModelBroker, _ learner: Learner, _ store: CheckpointStore?, lastEpoch: Int64
    ) throws -> Restoration {
        // What is later than `lastEpoch` is applied by nobody, the checkpoint included.
        try Restoration(
            applicationID: "marquee", topicPrefix: "", applier: BatchApplier(learner: learner),
            lists: PublishedLists(capacity: 10), source: ModelSource(broker), journal: ModelJournal(broker),
            store: store, lastEpoch: lastEpoch, notice: { _ in })
    }
}
