import CRdKafka
import Events
import Streaming

/// Reads the input topics with consumers of its own, by manual assignment: one for ratings, one for users and movies, of which
/// mostly nothing comes. Decision Two-consumers tells why.
///
/// Each partition has its own queue, so the order of a batch costs no sorting, and a topic that is not wanted yet
/// waits at the broker instead of in memory. Payloads are borrowed from librdkafka until the batch is given back.
public final class KafkaEventSource: EventSource {
    /// Waits of this class, in milliseconds.
    public struct Patience: Sendable {
        /// For one answer about offsets or topics.
        public var query = 10_000
        /// For the next record of a replay.
        public var replay = 60_000

        public init() {}
    }

    public let topics: KafkaTopics
    public var patience = Patience()
    let ratings: InputFetcher
    let catalogue: InputFetcher
    let admin: KafkaAdmin
    /// In the order of `InputPartition`, which is the order of a batch.
    private(set) var readers: [PartitionReader]
    private let countByTopic: [Int]
    /// Raised by any partition's queue and by `wakeUp`.
    public let signal = WakeSignal()
    /// One slot a reader, reused by every poll.
    var waiting: [Int]
    /// Whose turn it is when there is less room than there are partitions.
    var turn = 0
    private var isAssigned = false

    /// Asks the broker for the topics' partitions. `groupID` only names this reader to the broker; it joins no group.
    ///
    /// Throws `KafkaError.topicMissing` and `KafkaError.unreachable`.
    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, groupID: String? = nil) throws {
        self.topics = topics
        let admin = try KafkaAdmin(configuration)
        let names = InputTopic.allCases.map { topics.name(of: $0) }
        let counts = try names.map { name in
            guard let count = try admin.partitionCount(of: name) else { throw KafkaError.topicMissing(name) }
            return count
        }
        let groupID = groupID ?? topics.applicationID + "-reader"
        func makeFetcher(_ share: InputFetcher.Share) throws -> InputFetcher {
            try InputFetcher(
                share, counts: share.topics.map { counts[Int($0.rawValue)] }, configuration, groupID: groupID)
        }
        ratings = try makeFetcher(.ratings)
        catalogue = try makeFetcher(.catalogue)
        self.admin = admin
        countByTopic = counts
        readers = []
        waiting = []
        for topic in InputTopic.allCases {
            let name = names[Int(topic.rawValue)]
            let fetcher = fetcher(of: topic)
            for partition in 0..<Int32(counts[Int(topic.rawValue)]) {
                let queue = try fetcher.client.partitionQueue(partition, of: name)
                queue.raise(signal)
                readers.append(
                    PartitionReader(
                        InputPartition(topic, partition), topicName: name, queue, fullCount: fetcher.fullCount))
            }
        }
        waiting = Array(repeating: 0, count: readers.count)
    }

    deinit { close() }

    /// Raised when something arrives; other queues may raise it too, so that a loop sleeps in one place.
    public var wakeDescriptor: Int32 { signal.descriptor }

    func fetcher(of topic: InputTopic) -> InputFetcher { topic == .ratings ? ratings : catalogue }

    public func partitionCount(of topic: InputTopic) -> Int { countByTopic[Int(topic.rawValue)] }

    public func bounds(of partition: InputPartition) throws -> Range<Int64> {
        try admin.bounds(
            of: topics.name(of: partition.topic), partition.partition, deadlineMilliseconds: patience.query)
    }

    public func bounds(of partitions: [InputPartition]) throws -> [InputPartition: Range<Int64>] {
        try admin.bounds(of: partitions, topics, deadlineMilliseconds: patience.query)
    }

    public func assign(_ positions: [InputPartition: Int64]) throws {
        // What was queued for the old positions must not be taken for the new ones.
        if isAssigned {
            try ratings.giveUpAll()
            try catalogue.giveUpAll()
        }
        let kept = try bounds(of: readers.map(\.id).filter { positions[$0] == nil })
        for fetcher in [ratings, catalogue] {
            let list = PartitionList(capacity: readers.count)
            for reader in readers where fetcher.share.topics.contains(reader.id.topic) {
                let start = positions[reader.id] ?? kept[reader.id]?.lowerBound ?? 0
                reader.move(to: start)
                list.add(reader.topicName, reader.id.partition, offset: start)
            }
            try fetcher.client.learnLeaders(of: fetcher.share.topics.map { topics.name(of: $0) })
            try fetcher.take(list)
        }
        isAssigned = true
    }

    public func headers(of record: RawRecord) -> [RecordHeader] {
        guard let handle = record.handle else { return [] }
        return recordHeaders(of: handle.assumingMemoryBound(to: rd_kafka_message_t.self))
    }

    public func release(_ batch: RecordBatch) {
        for index in 0..<batch.count {
            guard let handle = batch.records[index].handle else { continue }
            rd_kafka_message_destroy(handle.assumingMemoryBound(to: rd_kafka_message_t.self))
        }
        batch.removeAll()
    }

    public func wakeUp() { signal.raise() }

    public func close() {
        for reader in readers { reader.close() }
        readers.removeAll()
        waiting.removeAll()
        ratings.client.close()
        catalogue.client.close()
        admin.close()
    }
}

/// All headers of a message, in order.
func recordHeaders(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [RecordHeader] {
    var headers: OpaquePointer?
    guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return [] }
    var result: [RecordHeader] = []
    for index in 0..<rd_kafka_header_cnt(headers) {
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        guard
            rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name
        else { break }
        result.append(
            RecordHeader(
                name: String(cString: name), value: Array(UnsafeRawBufferPointer(start: value, count: size))))
    }
    return result
}
