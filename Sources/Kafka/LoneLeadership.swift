import Streaming

/// Leads without an election, for the embedded broker, whose groups take seconds to form; the group's offsets are stored all
/// the same, for lag tools.
public final class LoneLeadership: Leadership {
    private let sole = SoleLeadership()
    private let offsets: GroupOffsets

    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics) {
        offsets = GroupOffsets(configuration, topics: topics)
    }

    public func poll() -> Standing {
        offsets.serve()
        return .leading
    }

    public var proof: any LeadershipProof { sole }
    public func storeOffsets(_ positions: [InputPartition: Int64]) throws { try offsets.store(positions) }
    /// That broker keeps everything in memory: who loses the journal there loses these too.
    public func committedOffsets(of partitions: [InputPartition]) -> [InputPartition: Int64] { [:] }
    public func release() { offsets.close(milliseconds: 1_000) }
}
