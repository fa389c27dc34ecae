import Learning
import Recommending

/// What a log that is learnt anew takes over from before: where it was processed to, who was forgotten, and everybody's
/// sequence and last list. Nothing that was learnt: so it is read also where that can't be replayed any more.
public final class RebuildBooks {
    let learner = Learner(model: UntrainedModel(), batchCapacity: StreamLimits.batchRecordsMax)
    let lists: PublishedLists
    let restoration: Restoration
    private let source: any EventSource

    /// Goes through checkpoint and journal up to its end.
    ///
    /// - Throws: `RecoveryError.nothingToRebuild` when there is no lineage; what a restore throws.
    public init(
        applicationID: String, topicPrefix: String, listLength: Int, source: any EventSource, journal: any JournalLog,
        store: CheckpointStore?, notice: (String) -> Void, whileReplaying: () throws -> Void = {}
    ) throws {
        self.source = source
        lists = PublishedLists(capacity: listLength)
        restoration = try Restoration(
            applicationID: applicationID, topicPrefix: topicPrefix, applier: BatchApplier(learner: learner),
            lists: lists, source: source, journal: journal, store: store, notice: notice)
        try restoration.catchUp(whileReplaying: whileReplaying)
        guard restoration.hasStarted else { throw RecoveryError.nothingToRebuild }
    }

    /// The epoch at which the new lineage begins, as things stand.
    public var nextEpoch: Int64 { restoration.position.epoch + 1 }
    public var forgottenCount: Int { learner.forgottenCount }
    /// Users whose lists go on.
    public var listCount: Int {
        lists.parked.count + (0..<UInt32(lists.rowCount)).reduce(0) { $0 + (lists.sequence($1) > 0 ? 1 : 0) }
    }

    /// Up to where each partition was processed, as far as something of that is kept, and how many offsets that spans.
    public func processed() throws -> (ends: [InputPartition: Int64], offsets: Int64) {
        let inputs = restoration.position.isSilent ? restoration.position.silentEnds : restoration.position.inputs
        var ends: [InputPartition: Int64] = [:]
        var offsets: Int64 = 0
        for (partition, kept) in try source.bounds(of: inputs.keys.sorted()) {
            guard let end = inputs[partition], end > kept.lowerBound else { continue }
            ends[partition] = end
            offsets += end - kept.lowerBound
        }
        return (ends, offsets)
    }
}
