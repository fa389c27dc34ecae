import CRdKafka
import Streaming

/// Publishes records as fast as the broker takes them: for `replay`, `produce` and tests.
///
/// A full queue waits; nothing is dropped. Errors come out of the next call. Not thread-safe.
public final class KafkaEventProducer {
    private let client: KafkaClient
    private let reports: QueueHandle
    private var topics: [String: TopicHandle] = [:]
    private var failure: KafkaFailure?

    /// Records handed over and not yet acknowledged.
    public private(set) var pendingCount = 0
    /// Records that the broker has.
    public private(set) var deliveredCount = 0

    /// `lingerMilliseconds` is how long librdkafka waits for a fuller batch: about 5 for a bulk load, 0 for single
    /// records. `compression` is a name that librdkafka knows.
    public init(
        _ configuration: KafkaConfiguration, lingerMilliseconds: Int = 5, compression: String = "none"
    ) throws {
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.producerDefaults + [
                ("linger.ms", String(lingerMilliseconds)), ("queue.buffering.max.messages", "100000"),
                ("queue.buffering.max.kbytes", "65536"), ("batch.num.messages", "20000"),
                ("compression.type", compression),
            ], required: [])
        rd_kafka_conf_set_events(properties.handle, RD_KAFKA_EVENT_DR)
        let client = try KafkaClient(.producer, properties, configuration)
        self.client = client
        reports = try client.mainQueue()
    }

    deinit { client.close() }

    public var events: ClientEvents { client.events }

    /// A topic to send to; keep it, rather than ask for each record.
    public final class Topic {
        let handle: TopicHandle
        fileprivate init(_ handle: TopicHandle) { self.handle = handle }
        public var name: String { handle.name }
    }

    public func topic(_ name: String) throws -> Topic {
        if let known = topics[name] { return Topic(known) }
        let handle = try client.topic(name)
        topics[name] = handle
        return Topic(handle)
    }

    /// Enqueues one record; its bytes are copied. A nil base address means a null key or value. Without `partition`
    /// the key decides, as in the Java client. Waits while the queue is full.
    public func send(
        to topic: Topic, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, partition: Int32? = nil,
        timestampMilliseconds: Int64 = 0, headers: [RecordHeader] = []
    ) throws {
        if let failure { throw failure }
        let list = headers.isEmpty ? nil : makeHeaders(headers)
        while true {
            let code = marquee_produce(
                client.handle, topic.handle.handle, partition ?? Int32(MARQUEE_PARTITION_UNASSIGNED),
                key.baseAddress, key.count, value.baseAddress, value.count, list, timestampMilliseconds, 0)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { break }
            if code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                serveReports(milliseconds: 100)
                if failure == nil { continue }
            }
            if let list { rd_kafka_headers_destroy(list) }
            throw failure ?? client.events.fatalError ?? KafkaFailure(code, operation: "publish to '\(topic.name)'")
        }
        pendingCount += 1
        if pendingCount & 1023 == 0 { serveReports(milliseconds: 0) }
    }

    public func send(to topic: Topic, _ record: (key: [UInt8]?, value: [UInt8]?), partition: Int32? = nil) throws {
        try Self.withBytes(record.key) { key in
            try Self.withBytes(record.value) { value in
                try send(to: topic, key: key, value: value, partition: partition)
            }
        }
    }

    /// Waits until everything is acknowledged; throws what went wrong, or `KafkaError.notDelivered`.
    public func flush(deadlineMilliseconds: Int = 60_000) throws {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while pendingCount > 0, failure == nil, !deadline.hasPassed {
            serveReports(milliseconds: Int32(clamping: min(deadline.millisecondsLeft, 100)))
        }
        if let failure { throw failure }
        if pendingCount > 0 {
            throw KafkaError.notDelivered(records: pendingCount, milliseconds: deadlineMilliseconds)
        }
    }

    /// Takes reports that wait; throws what went wrong.
    public func serve(milliseconds: Int32 = 0) throws {
        serveReports(milliseconds: milliseconds)
        if let failure { throw failure }
    }

    /// Gives up what is not delivered yet; call `flush` before.
    public func close() {
        if pendingCount > 0 {
            rd_kafka_purge(client.handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
        }
        topics.removeAll()
        client.close()
    }

    private static func withBytes<R>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        guard let bytes else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        // An empty array has no address to lend, but an empty value is not a null one.
        if bytes.isEmpty {
            return try withUnsafeBytes(of: UInt8(0)) { try body(UnsafeRawBufferPointer(rebasing: $0[0..<0])) }
        }
        return try bytes.withUnsafeBytes(body)
    }

    private func serveReports(milliseconds: Int32) {
        var wait = milliseconds
        while let event = rd_kafka_queue_poll(reports.handle, wait) {
            wait = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) {
                    pendingCount -= 1
                    if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                        deliveredCount += 1
                    } else {
                        let topic = rd_kafka_topic_name(message.pointee.rkt).map { String(cString: $0) } ?? ""
                        failure = failure ?? KafkaFailure(message.pointee.err, operation: "publish to '\(topic)'")
                    }
                }
            case RD_KAFKA_EVENT_ERROR:
                let reason = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "unknown"
                client.events.record(
                    error: rd_kafka_event_error(event), reason: reason,
                    fatal: rd_kafka_event_error_is_fatal(event) != 0)
            default:
                break
            }
            rd_kafka_event_destroy(event)
        }
    }
}
