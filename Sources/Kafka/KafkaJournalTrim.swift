import Streaming

/// Trims a journal partition with DeleteRecords; with an admin client of its own for each trim, since they are rare.
public struct KafkaJournalTrim: JournalTrim {
    private let configuration: KafkaConfiguration
    private let topic: String
    private let partition: Int32

    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, partition: Int32 = 0) {
        self.configuration = configuration
        topic = topics.journal
        self.partition = partition
    }

    public func trim(olderThanMilliseconds time: Int64, before offset: Int64) throws {
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        let kept = try admin.bounds(of: topic, partition)
        let end = min(offset, try admin.offset(of: topic, partition, atMilliseconds: time), kept.upperBound)
        if end > kept.lowerBound { try admin.deleteRecords(of: topic, partition, before: end) }
    }
}
