import Events
import Learning
import Recommending

/// Brings an empty learner to the end of its journal and keeps it there: the newest checkpoint that is whole and agrees
/// with the journal, then a replay of what came since. The one path by which a service starts, a standby follows and a
/// state is inspected.
public final class Restoration {
    /// The checkpoint that was used; 0 = none.
    public let checkpointEpoch: Int64
    /// Where its record stands in the journal.
    let checkpointOffset: Int64?
    /// Where the newest record that counts stands; -1 when the journal is empty.
    public private(set) var journalOffset: Int64
    /// Where the journal is read on from.
    public private(set) var nextOffset: Int64

    private let replayer: JournalReplayer
    private let journal: any JournalLog
    private let lastEpoch: Int64
    private var takenRatings = 0
    /// Whether older checkpoints may still hold somebody whom the loaded one was to erase.
    private var inheritsErasure: Bool

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
        let checkpoint = try CheckpointSelection(
            applicationID: applicationID, learner: applier.learner, journal: journal, bounds: bounds,
            lastEpoch: lastEpoch
        ).newest(in: store, notice: notice)
        if let checkpoint { try checkpoint.restore(applier.learner, lists) }
        // Not from where nothing is kept any more: that would end in an error, not in a gap.
        try ReplayInput(source).move(to: checkpoint?.position.inputs ?? [:])
        self.journal = journal
        self.lastEpoch = lastEpoch
        checkpointEpoch = checkpoint?.position.epoch ?? 0
        checkpointOffset = checkpoint?.journalOffset
        journalOffset = checkpoint?.journalOffset ?? -1
        inheritsErasure = checkpoint?.erases == true
        nextOffset = checkpoint.map { $0.journalOffset + 1 } ?? bounds.lowerBound
        replayer = JournalReplayer(
            applier: applier, lists: lists, source: source, checkpoint: checkpoint, topicPrefix: topicPrefix)
    }

    /// The epochs whose state a checkpoint gives, oldest first; what comes after the first of them can be had too.
    public static func checkpointEpochs(
        applicationID: String, learner: Learner, journal: any JournalLog, store: CheckpointStore
    ) throws -> [Int64] {
        try CheckpointSelection(
            applicationID: applicationID, learner: learner, journal: journal, bounds: journal.bounds(), lastEpoch: .max
        ).epochs(in: store)
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
        if record.epoch > lastEpoch {
            // With what leads to that epoch gone, it is not that it has not come yet.
            if !replayer.hasStarted { throw RecoveryError.journalTrimmed(firstEpoch: record.epoch) }
            return
        }
        let before = replayer.foreignRecords
        try replayer.apply(record)
        if replayer.foreignRecords == before { journalOffset = offset }
    }

    public var position: Position { replayer.position }
    /// Why the state is not bit by bit the one that was learnt.
    public var doubts: ReplayDoubts { replayer.doubts }
    /// Records of other writers, which were passed over.
    public var foreignRecords: Int { replayer.foreignRecords }
    /// Whether a user was forgotten since the last call.
    func takeHasForgotten() -> Bool {
        defer { inheritsErasure = false }
        return replayer.takeHasForgotten() || inheritsErasure
    }
    /// Whether the journal holds a lineage at all.
    public var hasStarted: Bool { replayer.hasStarted }
    public var replayedRatings: Int { replayer.ratings }
    /// Ratings learnt again since the last call.
    func takeReplayedRatings() -> Int {
        defer { takenRatings = replayer.ratings }
        return replayer.ratings - takenRatings
    }
}
