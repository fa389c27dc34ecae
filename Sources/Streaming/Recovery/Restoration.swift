import Events
import Learning
import Recommending

/// Brings an empty learner to the end of its journal: the newest checkpoint that is whole and agrees with the
/// journal, then a replay of what came since. The one path by which a service starts and a state is inspected.
public struct Restoration {
    public var position: Position
    /// Where the newest record that counts stands; -1 when the journal is empty.
    public var journalOffset: Int64
    /// The checkpoint that was used; 0 = none.
    public var checkpointEpoch: Int64
    public var foreignRecords: Int
    public var hasForgotten: Bool
    /// Whether the journal holds a lineage at all.
    public var hasStarted: Bool
    public var replayedRatings: Int

    /// - Parameters:
    ///   - lastEpoch: stop after this epoch instead of at the journal's end.
    /// - Throws: `RecoveryError`, `JournalFormatError`, and what source, journal and files throw.
    public static func run(
        applicationID: String, topicPrefix: String, applier: BatchApplier, lists: PublishedLists,
        source: any EventSource, journal: any JournalLog, store: CheckpointStore?, lastEpoch: Int64 = .max,
        notice: (String) -> Void
    ) throws -> Restoration {
        let bounds = try journal.bounds()
        let checkpoint = try newestCheckpoint(
            applicationID: applicationID, settings: applier.learner.model.settings, journal: journal, bounds: bounds,
            store: store, lastEpoch: lastEpoch, notice: notice)
        if let checkpoint { try checkpoint.restore(applier.learner, lists) }
        try source.assign(checkpoint?.position.inputs ?? [:])

        let replayer = JournalReplayer(
            applier: applier, lists: lists, source: source, position: checkpoint?.position, topicPrefix: topicPrefix)
        var newest = checkpoint?.journalOffset ?? -1
        if !bounds.isEmpty {
            let first = checkpoint.map { $0.journalOffset + 1 } ?? bounds.lowerBound
            try journal.read(from: first) { offset, bytes in
                let record = try JournalRecord(decoding: bytes)
                if record.epoch > lastEpoch { return }
                let before = replayer.foreignRecords
                try replayer.apply(record)
                if replayer.foreignRecords == before { newest = offset }
            }
        }
        if replayer.foreignRecords > 0 {
            notice("\(replayer.foreignRecords) journal records of another writer were passed over")
        }
        return Restoration(
            position: replayer.position, journalOffset: newest, checkpointEpoch: checkpoint?.position.epoch ?? 0,
            foreignRecords: replayer.foreignRecords, hasForgotten: replayer.hasForgotten,
            hasStarted: replayer.hasStarted, replayedRatings: replayer.ratings)
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
