import Events
import Learning
import Recommending

/// Brings an empty learner to the end of its journal and keeps it there: the newest checkpoint that is whole and agrees
/// with the journal, then a replay of what came since. The one path by which a service starts, a standby follows and a
/// state is inspected.
public final class Restoration {
    /// The checkpoint that was used; 0 = none.
    public let checkpointEpoch: Int64
    /// Where the newest record that counts stands; -1 when the journal is empty.
    public private(set) var journalOffset: Int64
    /// Where the journal is read on from.
    public private(set) var nextOffset: Int64

    private let replayer: JournalReplayer
    private let journal: any JournalLog
    private let lastEpoch: Int64
    private var takenRatings = 0

    /// Loads the checkpoint and puts the source where it was cut.
    ///
    /// - Parameters:
    ///   - lastEpoch: nothing after this epoch is applied.
    /// - Throws: `RecoveryError`, and what source, journal and files throw.
    public init(
        applicationID: String, topicPrefix: String, applier: BatchApplier, lists: PublishedLists,
        source: any EventSource, journal: any JournalLog, store: CheckpointStore?, lastEpoch: Int64 = .max,
        notice: (String) -> Void
    ) throws {
        let bounds = try journal.bounds()
        let checkpoint = try Self.newestCheckpoint(
            applicationID: applicationID, settings: applier.learner.model.settings, journal: journal, bounds: bounds,
            store: store, lastEpoch: lastEpoch, notice: notice)
        if let checkpoint { try checkpoint.restore(applier.learner, lists) }
        try source.assign(checkpoint?.position.inputs ?? [:])
        self.journal = journal
        self.lastEpoch = lastEpoch
        checkpointEpoch = checkpoint?.position.epoch ?? 0
        journalOffset = checkpoint?.journalOffset ?? -1
        nextOffset = checkpoint.map { $0.journalOffset + 1 } ?? bounds.lowerBound
        replayer = JournalReplayer(
            applier: applier, lists: lists, source: source, position: checkpoint?.position, topicPrefix: topicPrefix)
    }

    /// Replays up to the end that the journal has now. `whileReplaying` is called after every record.
    ///
    /// - Throws: `RecoveryError`, `JournalFormatError`, and what source and journal throw.
    public func catchUp(whileReplaying: () throws -> Void = {}) throws {
        nextOffset = try journal.read(from: nextOffset) { offset, bytes in
            try apply(offset, bytes)
            try whileReplaying()
        }
    }

    /// Replays what has come, waiting at most this long for the first of it.
    public func follow(waitMilliseconds: Int32) throws {
        nextOffset = try journal.follow(from: nextOffset, waitMilliseconds: waitMilliseconds) { try apply($0, $1) }
    }

    private func apply(_ offset: Int64, _ bytes: UnsafeRawBufferPointer) throws {
        let record = try JournalRecord(decoding: bytes)
        if record.epoch > lastEpoch { return }
        let before = replayer.foreignRecords
        try replayer.apply(record)
        if replayer.foreignRecords == before { journalOffset = offset }
    }

    public var position: Position { replayer.position }
    /// Records of other writers, which were passed over.
    public var foreignRecords: Int { replayer.foreignRecords }
    /// Whether a user was forgotten since the last call.
    func takeHasForgotten() -> Bool { replayer.takeHasForgotten() }
    /// Whether the journal holds a lineage at all.
    public var hasStarted: Bool { replayer.hasStarted }
    public var replayedRatings: Int { replayer.ratings }
    /// Ratings learnt again since the last call.
    func takeReplayedRatings() -> Int {
        defer { takenRatings = replayer.ratings }
        return replayer.ratings - takenRatings
    }

    private static func newestCheckpoint(
        applicationID: String, settings: String, journal: any JournalLog, bounds: Range<Int64>,
        store: CheckpointStore?, lastEpoch: Int64, notice: (String) -> Void
    ) throws -> LoadedCheckpoint? {
        guard let store else { return nil }
        for epoch in store.epochs() where epoch <= lastEpoch {
            let checkpoint: LoadedCheckpoint
            do {
                checkpoint = try store.load(epoch: epoch)
            } catch {
                notice("the checkpoint of epoch \(epoch) is passed over: \(error)")
                continue
            }
            guard checkpoint.applicationID == applicationID else {
                throw RecoveryError.otherApplication(directory: store.directory, found: checkpoint.applicationID)
            }
            guard checkpoint.settings == settings else {
                throw RecoveryError.otherSettings(found: checkpoint.settings, expected: settings)
            }
            if bounds.upperBound == 0 { throw RecoveryError.journalLost(directory: store.directory) }
            if try journal.chain(at: checkpoint.journalOffset, bounds: bounds) == checkpoint.position.chain {
                return checkpoint
            }
            notice("the checkpoint of epoch \(epoch) is passed over: the journal does not have its chain there")
        }
        return nil
    }
}

extension JournalLog {
    /// The chain of the record at an offset, or nil when there is none.
    fileprivate func chain(at offset: Int64, bounds: Range<Int64>) throws -> Chain? {
        guard bounds.contains(offset) else { return nil }
        do {
            try read(from: offset) { at, bytes in
                // The first record is enough; the rest is read when its turn comes.
                throw FoundRecord(chain: at == offset ? try? JournalRecord(decoding: bytes).chain : nil)
            }
        } catch let found as FoundRecord {
            return found.chain
        }
        return nil
    }
}

/// Ends a read of the journal as soon as the wanted record was seen.
private struct FoundRecord: Error {
    var chain: Chain?
}
