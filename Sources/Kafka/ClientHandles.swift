import CRdKafka

/// Something of a client that must be given back before the client can be freed.
protocol ClientDependent: AnyObject {
    func release()
}

/// A topic handle of a client, which owns it: it is gone when the client is closed.
final class TopicHandle: ClientDependent {
    private(set) var handle: OpaquePointer?
    let name: String

    fileprivate init(_ handle: OpaquePointer, _ name: String) {
        self.handle = handle
        self.name = name
    }

    deinit { release() }

    func release() {
        if let handle { rd_kafka_topic_destroy(handle) }
        handle = nil
    }
}

/// A reference to one of a client's queues; gone when the client is closed.
final class QueueHandle: ClientDependent {
    private(set) var handle: OpaquePointer?

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { release() }

    func release() {
        guard let handle else { return }
        // The descriptor of the signal may be closed afterwards.
        rd_kafka_queue_io_event_enable(handle, -1, nil, 0)
        rd_kafka_queue_destroy(handle)
        self.handle = nil
    }

    /// From now on the queue raises `signal` when it turns from empty to not empty.
    func raise(_ signal: WakeSignal) {
        var payload = WakeSignal.payload
        rd_kafka_queue_io_event_enable(handle, signal.descriptor, &payload, MemoryLayout<UInt64>.size)
    }
}

extension KafkaClient {
    /// A handle that is `kept` lives as long as the client; else the caller owns it.
    func topic(_ name: String, kept: Bool = true) throws -> TopicHandle {
        guard let handle = rd_kafka_topic_new(handle, name, nil) else {
            throw KafkaFailure(rd_kafka_last_error(), operation: "open topic '\(name)'")
        }
        let topic = TopicHandle(handle, name)
        return kept ? keep(topic) : topic
    }

    /// Where a producer's delivery reports arrive.
    func mainQueue() throws -> QueueHandle {
        guard let queue = rd_kafka_queue_get_main(handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "open the client's main queue")
        }
        return keep(QueueHandle(queue))
    }

    /// Where everything that a consumer fetched arrives.
    func consumerQueue() throws -> QueueHandle {
        guard let queue = rd_kafka_queue_get_consumer(handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "open the consumer's queue")
        }
        return keep(QueueHandle(queue))
    }

    /// Owned by the caller.
    func newQueue() throws -> QueueHandle {
        guard let queue = rd_kafka_queue_new(handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "open a queue")
        }
        return QueueHandle(queue)
    }

    /// A consumed partition's own queue, cut off from the consumer's common one.
    func partitionQueue(_ partition: Int32, of topic: String) throws -> QueueHandle {
        guard let queue = rd_kafka_queue_get_partition(handle, topic, partition) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, operation: "read \(topic)[\(partition)]")
        }
        // Forwarding set by the application is kept by librdkafka when the fetch starts, none included.
        rd_kafka_queue_forward(queue, nil)
        return keep(QueueHandle(queue))
    }
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
