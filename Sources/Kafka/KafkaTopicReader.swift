import CRdKafka
import Events
import Streaming

/// A record with its own copy of everything, for readers that are in no hurry.
public struct KafkaRecord: Sendable, Equatable {
    public var partition: Int32
    public var offset: Int64
    public var timestampMilliseconds: Int64
    /// Nil for a null key.
    public var key: [UInt8]?
    /// Nil for a null value.
    public var value: [UInt8]?
    public var headers: [RecordHeader]
}

/// Reads one topic, all partitions, from a chosen place. Not for the learner's loop.
public final class KafkaTopicReader {
    public enum Start: Sendable, Equatable {
        case beginning
        case end
        /// The first records that are not older, milliseconds since 1970.
        case timestamp(Int64)
        /// This many of each partition's newest offsets; see `start(ofLast:)` for records.
        case last(Int64)
        /// Offsets by partition; a partition that is not named starts at its beginning.
        case offsets([Int32: Int64])
    }

    /// Bytes borrowed for the duration of a call.
    public struct BorrowedRecord {
        public let partition: Int32
        public let offset: Int64
        public let timestampMilliseconds: Int64
        public let key: UnsafeRawBufferPointer
        public let value: UnsafeRawBufferPointer
        fileprivate let message: UnsafeMutablePointer<rd_kafka_message_t>

        public var headers: [RecordHeader] { recordHeaders(of: message) }

        public func copy() -> KafkaRecord {
            KafkaRecord(
                partition: partition, offset: offset, timestampMilliseconds: timestampMilliseconds,
                key: key.baseAddress == nil ? nil : Array(key), value: value.baseAddress == nil ? nil : Array(value),
                headers: headers)
        }
    }

    public let topic: String
    private let client: KafkaClient
    private let queue: QueueHandle
    private let signal = WakeSignal()
    private let waker: FetcherWaker
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private static let messagesMax = 1024
    /// The partitions that are read.
    private let wanted: [Int]
    /// The next offset of each partition.
    public private(set) var positions: [Int64]
    /// The ends that the partitions had when the reader was opened.
    public let ends: [Int64]
    /// The first offsets that the partitions kept then.
    public let beginnings: [Int64]

    /// Reads every partition, or `only` one. Throws `KafkaError.topicMissing` and `KafkaError.unreachable`.
    public init(
        _ configuration: KafkaConfiguration, topic: String, from start: Start, only: Int32? = nil,
        deadlineMilliseconds: Int = 10_000
    ) throws {
        self.topic = topic
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        guard let count = try admin.partitionCount(of: topic, deadlineMilliseconds: deadlineMilliseconds) else {
            throw KafkaError.topicMissing(topic)
        }
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.consumerDefaults
                + FetchLimits(partitionCount: count, busyCount: count).properties,
            required: [
                ("group.id", "marquee-reader"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("enable.partition.eof", "true"),
                ("auto.offset.reset", "earliest"),
            ])
        waker = FetcherWaker(properties)
        client = try KafkaClient(.consumer, properties, configuration)
        queue = try client.consumerQueue()
        queue.raise(signal)
        let bounds = try (0..<Int32(count)).map {
            try admin.bounds(of: topic, $0, deadlineMilliseconds: deadlineMilliseconds)
        }
        ends = bounds.map(\.upperBound)
        beginnings = bounds.map(\.lowerBound)
        positions = try bounds.enumerated().map { partition, kept in
            switch start {
            case .beginning: kept.lowerBound
            case .end: kept.upperBound
            case .last(let count): max(kept.lowerBound, kept.upperBound - count)
            case .offsets(let offsets): offsets[Int32(partition)] ?? kept.lowerBound
            case .timestamp(let time):
                try admin.offset(
                    of: topic, Int32(partition), atMilliseconds: time, deadlineMilliseconds: deadlineMilliseconds)
            }
        }
        messages = .allocate(capacity: Self.messagesMax)
        let wanted = only.map { [Int($0)] } ?? Array(0..<count)
        self.wanted = wanted
        let list = PartitionList(capacity: count)
        for partition in wanted { list.add(topic, Int32(partition), offset: positions[partition]) }
        try client.learnLeaders(of: [topic], deadlineMilliseconds: deadlineMilliseconds)
        let code = rd_kafka_assign(client.handle, list.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "read '\(topic)'") }
    }

    deinit {
        client.close()
        messages.deallocate()
    }

    /// Whether every partition was read to the end that it had when the reader was opened.
    public var hasReachedEnd: Bool { wanted.allSatisfy { positions[$0] >= ends[$0] } }

    /// Makes a waiting `poll` return; may be called from any thread.
    public func wakeUp() { signal.raise() }

    /// Hands what waits to `handler`, blocking up to `waitMilliseconds` for the first record. Returns how many.
    /// Records of one partition come in order. When `handler` throws, what was fetched but not handed out is lost to
    /// this reader.
    @discardableResult
    public func poll(waitMilliseconds: Int32, _ handler: (BorrowedRecord) throws -> Void) throws -> Int {
        client.serveCallbacks()
        var count = rd_kafka_consume_batch_queue(queue.handle, 0, messages, Self.messagesMax)
        // More is to come, so the queue may have been full before it was emptied.
        if count <= 0, !hasReachedEnd { waker.wake(client) }
        if count <= 0, waitMilliseconds != 0, signal.wait(milliseconds: waitMilliseconds) {
            signal.clear()
            count = rd_kafka_consume_batch_queue(queue.handle, 0, messages, Self.messagesMax)
        }
        guard count > 0 else { return 0 }
        defer {
            for index in 0..<count { if let message = messages[index] { rd_kafka_message_destroy(message) } }
        }
        var handed = 0
        for index in 0..<count {
            guard let message = messages[index] else { continue }
            if try handle(message, handler) { handed += 1 }
        }
        return handed
    }

    /// Calls `handler` until every partition has reached its end as of opening; throws `KafkaError.stalled` when
    /// nothing comes for `deadlineMilliseconds`.
    public func readToEnd(deadlineMilliseconds: Int = 30_000, _ handler: (BorrowedRecord) throws -> Void) throws {
        var deadline = Deadline(milliseconds: deadlineMilliseconds)
        while !hasReachedEnd {
            let before = positions
            try poll(waitMilliseconds: Int32(clamping: min(deadline.millisecondsLeft, 200)), handler)
            if positions != before {
                deadline = Deadline(milliseconds: deadlineMilliseconds)
            } else if deadline.hasPassed, let partition = wanted.first(where: { positions[$0] < ends[$0] }) {
                throw KafkaError.stalled(
                    partition: "\(topic)[\(partition)]", position: positions[partition], wanted: ends[partition],
                    milliseconds: deadlineMilliseconds)
            }
        }
    }

    private func handle(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, _ handler: (BorrowedRecord) throws -> Void
    ) throws -> Bool {
        let fields = message.pointee
        switch fields.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            try handler(
                BorrowedRecord(
                    partition: fields.partition, offset: fields.offset,
                    timestampMilliseconds: rd_kafka_message_timestamp(message, nil),
                    key: UnsafeRawBufferPointer(start: fields.key, count: fields.key_len),
                    value: UnsafeRawBufferPointer(start: fields.payload, count: fields.len), message: message))
            positions[Int(fields.partition)] = fields.offset + 1
            return true
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            positions[Int(fields.partition)] = max(positions[Int(fields.partition)], fields.offset)
            return false
        default:
            throw KafkaFailure(
                fields.err, operation: "read \(topic)[\(fields.partition)]",
                message: rd_kafka_message_errstr(message).map { String(cString: $0) })
        }
    }
}
