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
    /// Why the state is not bit by bit the one that was learnt.
    public var doubts: ReplayDoubts

    /// - Parameters:
    ///   - lastEpoch: stop after this epoch instead of at the journal's end.
    /// - Throws: `RecoveryError`, `JournalFormatError`, and what source, journal and files throw.
    public static func run(
        applicationID: String, topicPrefix: String, applier: BatchApplier, lists: PublishedLists,
        source: any EventSource, journal: any JournalLog, store: CheckpointStore?, lastEpoch: Int64 = .max,
        notice: (String) -> Void
    ) throws -> Restoration {
        let bounds = try journal.bounds()
        let checkpoint = try CheckpointSelection(
            applicationID: applicationID, model: applier.learner.model, journal: journal, bounds: bounds,
            lastEpoch: lastEpoch
        ).newest(in: store, notice: notice)
        if let checkpoint { try checkpoint.restore(applier.learner, lists) }
        try source.assign(checkpoint?.position.inputs ?? [:])

        let replayer = JournalReplayer(
            applier: applier, lists: lists, source: source, checkpoint: checkpoint, topicPrefix: topicPrefix)
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
            foreignRecords: replayer.foreignRecords, hasForgotten: replayer.hasForgotten || checkpoint?.erases == true,
            hasStarted: replayer.hasStarted, replayedRatings: replayer.ratings, doubts: replayer.doubts)
    }
}
