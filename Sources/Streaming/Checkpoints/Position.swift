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
    /// While a log is learnt anew: up to where it was processed before. So far it makes no lists and no dead letters.
    public var silentEnds: [InputPartition: Int64] = [:]

    public init() {}

    /// Whether the log is learnt anew and is not yet as far as it was.
    public var isSilent: Bool { !silentEnds.isEmpty }

    /// As it is when the log is learnt anew; epoch and chain go on.
    mutating func beginAnew(silentEnds ends: [InputPartition: Int64]) {
        inputs = [:]
        fanOuts = []
        isCatalogueComplete = false
        silentEnds = ends
    }

    /// Ends the silence when everything that was processed before is learnt again; true when it ends now.
    mutating func completeSilence() -> Bool {
        if silentEnds.isEmpty { return false }
        for (partition, end) in silentEnds where (inputs[partition] ?? 0) < end { return false }
        silentEnds = [:]
        return true
    }
}
