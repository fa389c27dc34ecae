import CRdKafka
import Events
import Streaming

/// Reads the input topics with a consumer of its own, by manual assignment.
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
    let client: KafkaClient
    let admin: KafkaAdmin
    let waker: FetcherWaker
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
        let limits = FetchLimits(partitionCount: counts.reduce(0, +), busyCount: counts.max() ?? 1)
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.consumerDefaults + limits.properties + [("statistics.interval.ms", "5000")],
            required: [
                ("group.id", groupID ?? topics.applicationID + "-reader"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("enable.partition.eof", "true"),
                ("auto.offset.reset", "error"),
            ])
        let fullCount = properties.value(of: "queued.min.messages").flatMap { Int($0) } ?? limits.messagesPerPartition
        waker = FetcherWaker(properties)
        let client = try KafkaClient(.consumer, properties, configuration)
        self.client = client
        self.admin = admin
        countByTopic = counts
        readers = []
        waiting = []
        for topic in InputTopic.allCases {
            let name = names[Int(topic.rawValue)]
            for partition in 0..<Int32(counts[Int(topic.rawValue)]) {
                let queue = try client.partitionQueue(partition, of: name)
                queue.raise(signal)
                readers.append(
                    PartitionReader(
                        InputPartition(topic, partition), topicName: name, queue, fullCount: fullCount))
            }
        }
        waiting = Array(repeating: 0, count: readers.count)
    }

    deinit { close() }

    /// Raised when something arrives; other queues may raise it too, so that a loop sleeps in one place.
    public var wakeDescriptor: Int32 { signal.descriptor }

    public var events: ClientEvents { client.events }

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
        if isAssigned { try check(rd_kafka_assign(client.handle, nil), "give up the partitions") }
        let list = PartitionList(capacity: readers.count)
        let kept = try bounds(of: readers.map(\.id).filter { positions[$0] == nil })
        for reader in readers {
            let start = positions[reader.id] ?? kept[reader.id]?.lowerBound ?? 0
            reader.move(to: start)
            list.add(reader.topicName, reader.id.partition, offset: start)
        }
        try client.learnLeaders(of: InputTopic.allCases.map { topics.name(of: $0) })
        try check(rd_kafka_assign(client.handle, list.handle), "take the partitions")
        isAssigned = true
    }

    func check(_ code: rd_kafka_resp_err_t, _ operation: String) throws {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw client.error(code, operation)
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
        client.close()
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
