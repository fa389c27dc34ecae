import Learning
import Recommending

/// Where a lineage stands after a commit: everything besides the learnt state and the lists that a restart needs.
public struct Position: Sendable, Equatable {
    /// The commit in the journal; 0 is the `start` record.
    public var epoch: Int64 = 0
    public var chain = Chain.zero
    /// The next offset of every input partition that was read from.
    public var inputs: [InputPartition: Int64] = [:]
    /// Fan-outs that are not finished, oldest first.
    public var fanOuts: [FanOut] = []
    /// Whether `movies` and `users` have been read to the ends that they had at the first start.
    public var isCatalogueComplete = false

    public init() {}
}

/// Everything that a checkpoint holds, as it was when its commit was sealed; may be written on any thread.
public struct CheckpointContent: Sendable {
    public var applicationID: String
    /// The model's settings: another model's state is no use.
    public var settings: String
    public var position: Position
    public var learner: LearnerSnapshot
    public var lists: PublishedListsSnapshot
}
