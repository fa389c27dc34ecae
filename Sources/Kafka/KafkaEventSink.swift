import CRdKafka
import Events
import Streaming

/// Publishes at least once, with one idempotent producer.
///
/// Each record carries its commit's epoch and its kind through librdkafka, so a delivery report says which commit it
/// belongs to. There is no fence without transactions; instead each journal record must land exactly one offset
/// after the one before, else another leader writes too.
///
/// Owned by the learner thread.
public final class KafkaEventSink: EventSink {
    private let client: KafkaClient
    private let reports: QueueHandle
    private let outputs: OutputTopics
    private let journalPartition: Int32
    private let journalKey: [UInt8]
    private let admin: KafkaAdmin
    private var tally = DeliveryTally()
    private var failure: (any Error)?
    private var isOpen = true

    /// The offset at which the next acknowledged journal record must stand.
    public private(set) var journalEnd: Int64 = 0
    /// Records handed over and not yet acknowledged.
    public private(set) var pendingCount = 0

    public let delivery = Delivery.atLeastOnce

    /// - Parameter journalPartition: the cell's.
    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, journalPartition: Int32 = 0) throws {
        admin = try KafkaAdmin(configuration)
        for name in [topics.recommendations, topics.deadLetters, topics.journal]
        where try admin.partitionCount(of: name) == nil {
            throw KafkaError.topicMissing(name)
        }
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.producerDefaults + [
                ("linger.ms", "0"), ("queue.buffering.max.messages", "200000"),
                ("queue.buffering.max.kbytes", "65536"),
            ],
            required: [("acks", "all")])
        let events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR
        rd_kafka_conf_set_events(properties.handle, events)
        let client = try KafkaClient(.producer, properties, configuration)
        self.client = client
        reports = try client.mainQueue()
        outputs = try OutputTopics(client, topics)
        self.journalPartition = journalPartition
        journalKey = Array(topics.cellName(journalPartition).utf8)
    }

    deinit { try? close(waitMilliseconds: 0) }

    public var events: ClientEvents { client.events }

    /// From now on a delivery report raises the source's signal, so that the loop sleeps in the source alone.
    public func signal(to source: KafkaEventSource) { reports.raise(source.signal) }

    /// Reads the journal's end: from then on each of its records must be this sink's.
    public func open(whileWaiting: () throws -> Void) throws -> Int64 {
        journalEnd = try admin.bounds(of: outputs.journal.name, journalPartition).upperBound
        admin.close()
        return journalEnd
    }

    public func send(_ chunk: OutputChunk, epoch: Int64) throws {
        let tag = DeliveryTag(epoch: epoch, isJournal: false)
        for record in chunk.records {
            try produce(
                outputs.topic(of: record), partition: Int32(MARQUEE_PARTITION_UNASSIGNED), key: chunk.key(of: record),
                value: chunk.value(of: record), headers: outputs.headers(of: record, in: chunk), tag: tag)
        }
    }

    public func append(
        journalRecord: UnsafeRawBufferPointer, epoch: Int64, inputs: [InputPartition: Int64], storesOffsets: Bool
    ) throws {
        try journalKey.withUnsafeBytes { key in
            try produce(
                outputs.journal, partition: journalPartition, key: key, value: journalRecord, headers: nil,
                tag: DeliveryTag(epoch: epoch, isJournal: true))
        }
    }

    public func poll(waitMilliseconds: Int32, _ handler: (DeliveryReport) -> Void) throws {
        serveReports(milliseconds: waitMilliseconds)
        tally.drain(handler)
        if let failure { throw failure }
    }

    public func close(waitMilliseconds: Int32) throws {
        guard isOpen else { return }
        isOpen = false
        let deadline = Deadline(milliseconds: Int(waitMilliseconds))
        while pendingCount > 0, failure == nil, !deadline.hasPassed {
            serveReports(milliseconds: Int32(clamping: min(deadline.millisecondsLeft, 100)))
        }
        let undelivered = pendingCount
        if undelivered > 0 { rd_kafka_purge(client.handle, Self.purgeEverything) }
        client.close()
        if let failure { throw failure }
        if undelivered > 0 {
            throw KafkaError.notDelivered(records: undelivered, milliseconds: Int(waitMilliseconds))
        }
    }

    /// Reports that came while closing, after `close`.
    public func drainReports(_ handler: (DeliveryReport) -> Void) { tally.drain(handler) }
}

extension KafkaEventSink {
    private static let purgeEverything = Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)

    /// Enqueues one record; while the queue is full, waits for reports, which make room.
    private func produce(
        _ topic: TopicHandle, partition: Int32, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer,
        headers: OpaquePointer?, tag: DeliveryTag
    ) throws {
        while true {
            let code = marquee_produce(
                client.handle, topic.handle, partition, key.baseAddress, key.count, value.baseAddress, value.count,
                headers, 0, tag.bits)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { break }
            guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
                if let headers { rd_kafka_headers_destroy(headers) }
                throw client.events.fatalError
                    ?? KafkaFailure(code, operation: "publish to '\(topic.name)'")
            }
            serveReports(milliseconds: 100)
            if let failure {
                if let headers { rd_kafka_headers_destroy(headers) }
                throw failure
            }
        }
        pendingCount += 1
    }

    /// Takes every report that waits; blocks up to `milliseconds` for the first one.
    private func serveReports(milliseconds: Int32) {
        var wait = milliseconds
        while let event = rd_kafka_queue_poll(reports.handle, wait) {
            wait = 0
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) { note(message) }
            case RD_KAFKA_EVENT_ERROR:
                noteError(event)
            default:
                break
            }
            rd_kafka_event_destroy(event)
        }
    }

    private func note(_ message: UnsafePointer<rd_kafka_message_t>) {
        pendingCount -= 1
        let tag = DeliveryTag(bits: marquee_message_opaque(message))
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let topic = rd_kafka_topic_name(message.pointee.rkt).map { String(cString: $0) } ?? ""
            failure =
                failure ?? client.events.fatalError
                ?? KafkaFailure(message.pointee.err, operation: "publish to '\(topic)' in commit \(tag.epoch)")
            return
        }
        guard tag.isJournal else {
            tally.delivered(epoch: tag.epoch)
            return
        }
        // The broker may acknowledge a repeated request without naming the offset; the next record then tells.
        let offset = message.pointee.offset >= 0 ? message.pointee.offset : journalEnd
        if offset != journalEnd {
            failure =
                failure ?? KafkaError.anotherLeaderWrote(topic: outputs.journal.name, expected: journalEnd, got: offset)
            return
        }
        journalEnd += 1
        tally.journaled(epoch: tag.epoch, offset: offset)
    }

    private func noteError(_ event: OpaquePointer) {
        let reason = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? "unknown"
        let isFatal = rd_kafka_event_error_is_fatal(event) != 0
        client.events.record(error: rd_kafka_event_error(event), reason: reason, fatal: isFatal)
        if isFatal { failure = failure ?? client.events.fatalError }
    }
}

/// Makes librdkafka's form of headers; the caller owns it.
func makeHeaders(_ headers: [RecordHeader]) -> OpaquePointer? {
    guard let result = rd_kafka_headers_new(headers.count) else { return nil }
    for header in headers {
        header.value.withUnsafeBytes {
            _ = rd_kafka_header_add(result, header.name, -1, $0.baseAddress, $0.count)
        }
    }
    return result
}
