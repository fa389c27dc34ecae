import Events

/// Why a replayed state is not bit by bit the one that was learnt; none when it is.
///
/// Whoever goes on from such a state begins a new lineage.
public struct ReplayDoubts: Sendable, Equatable, CustomStringConvertible {
    /// What was learnt with another version of the numerics, nil = nothing.
    public internal(set) var otherNumerics: Int?
    /// Ranges that hold other numbers of records than the journal counted: they expired or were compacted.
    public private(set) var gone: [InputPartition: (expected: Int, found: Int)] = [:]
    /// A continued lineage began at this epoch, from a state that its checkpoint holds and no replay gives.
    public internal(set) var lineagePassed: Int64?

    public init() {}

    public static func == (left: Self, right: Self) -> Bool { left.description == right.description }

    public var isEmpty: Bool { otherNumerics == nil && gone.isEmpty && lineagePassed == nil }

    mutating func note(_ partition: InputPartition, expected: Int, found: Int) {
        let before = gone[partition] ?? (0, 0)
        gone[partition] = (before.expected + expected, before.found + found)
    }

    /// As the words after "because".
    public var description: String {
        var reasons: [String] = []
        if let otherNumerics { reasons.append("it was learnt with version \(otherNumerics) of the numerics") }
        if let lineagePassed {
            reasons.append("the checkpoint with which a lineage began at epoch \(lineagePassed) is gone")
        }
        for (partition, counts) in gone.sorted(by: { $0.key < $1.key }) {
            reasons.append(
                "\(counts.found) of \(counts.expected) records are left in ranges of"
                    + " \(partition.topic.name)-\(partition.partition)")
        }
        return reasons.joined(separator: ", ")
    }
}
