import CRdKafka

/// Owns a topic handle of a client.
final class TopicHandle {
    let handle: OpaquePointer
    let name: String

    init(_ client: KafkaClient, _ name: String) throws {
        guard let handle = rd_kafka_topic_new(client.handle, name, nil) else {
            throw KafkaFailure(rd_kafka_last_error(), operation: "open topic '\(name)'")
        }
        self.handle = handle
        self.name = name
    }

    deinit { rd_kafka_topic_destroy(handle) }
}

/// Owns a reference to one of a client's queues.
final class QueueHandle {
    let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { rd_kafka_queue_destroy(handle) }

    /// Where a producer's delivery reports arrive.
    static func main(of client: KafkaClient) throws -> QueueHandle {
        guard let handle = rd_kafka_queue_get_main(client.handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "open the client's main queue")
        }
        return QueueHandle(handle)
    }

    static func new(for client: KafkaClient) throws -> QueueHandle {
        guard let handle = rd_kafka_queue_new(client.handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "open a queue")
        }
        return QueueHandle(handle)
    }

    /// A consumed partition's own queue, cut off from the consumer's common one.
    static func partition(_ partition: Int32, of topic: String, _ client: KafkaClient) throws -> QueueHandle {
        guard let handle = rd_kafka_queue_get_partition(client.handle, topic, partition) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, operation: "read \(topic)[\(partition)]")
        }
        // Forwarding set by the application is kept by librdkafka when the fetch starts, none included.
        rd_kafka_queue_forward(handle, nil)
        return QueueHandle(handle)
    }

    /// From now on the queue raises `signal` when it turns from empty to not empty.
    func raise(_ signal: WakeSignal) {
        var payload = WakeSignal.payload
        rd_kafka_queue_io_event_enable(handle, signal.descriptor, &payload, MemoryLayout<UInt64>.size)
    }

    /// No more signals; the descriptor may be closed afterwards.
    func stopSignals() { rd_kafka_queue_io_event_enable(handle, -1, nil, 0) }
}

/// Owns a list of partitions with offsets.
struct PartitionList: ~Copyable {
    let handle: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int = 8) { handle = rd_kafka_topic_partition_list_new(Int32(capacity)) }

    /// Takes over a list that librdkafka made.
    init(owning handle: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { self.handle = handle }

    deinit { rd_kafka_topic_partition_list_destroy(handle) }

    func add(_ topic: String, _ partition: Int32, offset: Int64) {
        rd_kafka_topic_partition_list_add(handle, topic, partition).pointee.offset = offset
    }
}
