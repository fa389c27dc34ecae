import CRdKafka
import Streaming

/// Reads one journal partition with a consumer that stays open, so that what comes next is there at once.
///
/// Owned by one thread.
public final class KafkaJournalLog: JournalLog {
    private let configuration: KafkaConfiguration
    private let topic: String
    private let partition: Int32
    private let admin: KafkaAdmin
    private var reader: JournalReader?
    /// How long a read may go without a new record.
    public var deadlineMilliseconds = 30_000

    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, partition: Int32 = 0) throws {
        self.configuration = configuration
        topic = topics.journal
        self.partition = partition
        admin = try KafkaAdmin(configuration)
    }

    public func bounds() throws -> Range<Int64> { try admin.bounds(of: topic, partition) }

    @discardableResult
    public func read(
        from offset: Int64, _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64 {
        let reader = try open()
        let kept = try reader.stableBounds()
        guard offset < kept.upperBound else { return offset }
        guard offset >= kept.lowerBound else {
            throw KafkaError.trimmed(
                partition: "\(topic)[\(partition)]", position: offset, beginning: kept.lowerBound)
        }
        try reader.move(to: offset)
        var deadline = Deadline(milliseconds: deadlineMilliseconds)
        while reader.position < kept.upperBound {
            let before = reader.position
            try reader.take(below: kept.upperBound, waitMilliseconds: 100, handler)
            if reader.position > before {
                deadline = Deadline(milliseconds: deadlineMilliseconds)
            } else if deadline.hasPassed {
                throw KafkaError.stalled(
                    partition: "\(topic)[\(partition)]", position: reader.position, wanted: kept.upperBound,
                    milliseconds: deadlineMilliseconds)
            }
        }
        return reader.position
    }

    public func follow(
        from offset: Int64, waitMilliseconds: Int32,
        _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64 {
        let reader = try open()
        try reader.move(to: offset)
        try reader.take(below: .max, waitMilliseconds: waitMilliseconds, handler)
        return reader.position
    }

    public func rest() { reader?.rest() }

    public func close() {
        reader?.close()
        reader = nil
        admin.close()
    }

    private func open() throws -> JournalReader {
        if let reader { return reader }
        let opened = try JournalReader(configuration, topic: topic, partition: partition)
        reader = opened
        return opened
    }
}

/// The consumer behind a `KafkaJournalLog`.
private final class JournalReader {
    private let client: KafkaClient
    private let queue: QueueHandle
    private let waker: FetcherWaker
    private let topic: String
    private let partition: Int32
    /// Where the next record is looked for.
    private(set) var position: Int64 = -1
    /// Taken from librdkafka and not yet handed out.
    private var waiting: UnsafeMutablePointer<rd_kafka_message_t>?

    init(_ configuration: KafkaConfiguration, topic: String, partition: Int32) throws {
        self.topic = topic
        self.partition = partition
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.consumerDefaults + [
                // The end behind a transaction's marker shows with the answer after the last record.
                ("fetch.wait.max.ms", "10"), ("fetch.error.backoff.ms", "20"),
                ("queued.min.messages", String(FetchLimits.messagesAhead)), ("queued.max.messages.kbytes", "16384"),
            ],
            required: [
                ("group.id", "marquee-reader"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("enable.partition.eof", "true"),
                ("auto.offset.reset", "error"), ("isolation.level", "read_committed"),
            ])
        waker = FetcherWaker(properties)
        client = try KafkaClient(.consumer, properties, configuration)
        queue = try client.consumerQueue()
        try client.learnLeaders(of: [topic])
    }

    deinit { close() }

    func close() {
        drop()
        client.close(deadlineMilliseconds: 2_000)
    }

    /// The first offset kept and the last stable offset.
    func stableBounds() throws -> Range<Int64> {
        try client.bounds(of: topic, partition, deadlineMilliseconds: 10_000)
    }

    func move(to offset: Int64) throws {
        if offset == position { return }
        drop()
        // Assigning afresh leaves nothing of the old place in the queue.
        if position >= 0 { rd_kafka_assign(client.handle, nil) }
        let list = PartitionList(capacity: 1)
        list.add(topic, partition, offset: offset)
        let code = rd_kafka_assign(client.handle, list.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "read '\(topic)'") }
        position = offset
    }

    /// Forgets its place, and fetches no more.
    func rest() {
        drop()
        rd_kafka_assign(client.handle, nil)
        position = -1
    }

    /// Hands out what is there below `end`, waiting for the first of it.
    func take(
        below end: Int64, waitMilliseconds: Int32,
        _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var wait = waitMilliseconds
        while let message = waiting ?? rd_kafka_consumer_poll(client.handle, wait) {
            waiting = message
            wait = 0
            let offset = message.pointee.offset
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                if offset >= end {
                    position = max(position, end)
                    return
                }
                if offset < position {
                    // Handed out before: a fetch that was repeated.
                    drop()
                    continue
                }
                do {
                    try handler(
                        offset, UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len))
                } catch {
                    // Whoever threw decides where reading goes on.
                    rest()
                    throw error
                }
                position = offset + 1
                drop()
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                position = max(position, offset)
                drop()
            case let code where KafkaFailure.reaction(to: code) == .retry: drop()
            case let code:
                let reason = rd_kafka_message_errstr(message).map { String(cString: $0) }
                drop()
                throw KafkaFailure(
                    code, operation: "read \(topic)[\(partition)] at offset \(position)",
                    message: reason)
            }
            if position >= end { return }
        }
        // More is to come, so the queue may have been full before it was emptied.
        if end < .max { waker.wake(client) }
    }

    private func drop() {
        if let waiting { rd_kafka_message_destroy(waiting) }
        waiting = nil
    }
}
