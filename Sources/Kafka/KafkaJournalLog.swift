import Streaming

/// Reads one journal partition with a consumer of its own, made afresh for each read.
public final class KafkaJournalLog: JournalLog {
    private let configuration: KafkaConfiguration
    private let topic: String
    private let partition: Int32
    private let admin: KafkaAdmin
    /// How long a read may go without a new record.
    public var deadlineMilliseconds = 30_000

    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, partition: Int32 = 0) throws {
        self.configuration = configuration
        topic = topics.journal
        self.partition = partition
        admin = try KafkaAdmin(configuration)
    }

    public func bounds() throws -> Range<Int64> { try admin.bounds(of: topic, partition) }

    public func read(
        from offset: Int64, _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let kept = try bounds()
        guard offset < kept.upperBound else { return }
        guard offset >= kept.lowerBound else {
            throw KafkaError.trimmed(
                partition: "\(topic)[\(partition)]", position: offset, beginning: kept.lowerBound)
        }
        let reader = try KafkaTopicReader(
            configuration, topic: topic, from: .offsets([partition: offset]), only: partition)
        try reader.readToEnd(deadlineMilliseconds: deadlineMilliseconds) { record in
            // What was appended after the call began is not part of it.
            if record.offset < kept.upperBound { try handler(record.offset, record.value) }
        }
    }
}
