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
