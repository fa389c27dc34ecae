import CRdKafka
import Streaming
import Synchronization

/// Checkpoints in a topic of one partition, with an idempotent producer of its own that is made when the first one is
/// written.
///
/// `@unchecked Sendable`: `writer`, the only thing that changes, is touched under `lock` alone.
public final class KafkaCheckpointLog: CheckpointLog, @unchecked Sendable {
    /// The clients for writing, open until something fails.
    private struct Writer {
        var producer: KafkaEventProducer
        var topic: KafkaEventProducer.Topic
        var admin: KafkaAdmin
        /// Whether the topic takes no trimming: then compaction alone clears it.
        var isUntrimmable = false
    }

    private let configuration: KafkaConfiguration
    private let topic: String
    private let partition: Int32
    private let lock = Mutex<Void>(())
    private var writer: Writer?
    /// How long a broker may take to acknowledge, and a read may go without a new record.
    public let deadlineMilliseconds: Int

    public init(
        _ configuration: KafkaConfiguration, topics: KafkaTopics, partition: Int32 = 0,
        deadlineMilliseconds: Int = 30_000
    ) {
        self.configuration = configuration
        topic = topics.checkpoints
        self.partition = partition
        self.deadlineMilliseconds = deadlineMilliseconds
    }

    /// Nil on the embedded broker, which forgets what does not fit into its memory.
    public static func open(_ configuration: KafkaConfiguration, topics: KafkaTopics) throws -> KafkaCheckpointLog? {
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        return try admin.isEmbeddedBroker() ? nil : KafkaCheckpointLog(configuration, topics: topics)
    }

    deinit {
        writer?.producer.close()
        writer?.admin.close()
    }

    // MARK: Reading

    public func last() throws -> (key: CheckpointKey, value: [UInt8]?)? {
        var last: (key: CheckpointKey, value: [UInt8]?)?
        try read(from: .last(1)) { _, key, value in last = (key, value.map { Array($0) }) }
        return last
    }

    public func read(
        _ handler: (_ offset: Int64, _ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) throws -> Void
    ) throws {
        try read(from: .beginning, handler)
    }

    private func read(
        from start: KafkaTopicReader.Start, _ handler: (Int64, CheckpointKey, UnsafeRawBufferPointer?) throws -> Void
    ) throws {
        let reader: KafkaTopicReader
        do {
            reader = try KafkaTopicReader(configuration, topic: topic, from: start, only: partition)
        } catch KafkaError.topicMissing {
            // A service makes it at its start; whoever only looks finds nothing.
            return
        }
        try reader.readToEnd(deadlineMilliseconds: deadlineMilliseconds) { record in
            guard let key = CheckpointKey(String(decoding: record.key, as: UTF8.self)) else { return }
            try handler(record.offset, key, record.value.baseAddress == nil ? nil : record.value)
        }
    }

    // MARK: Writing

    public func end() throws -> Int64 {
        try withWriter { try $0.admin.bounds(of: topic, partition).upperBound }
    }

    public func append(_ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) throws {
        let text = Array(key.description.utf8)
        try withWriter { writer in
            try text.withUnsafeBytes { key in
                try writer.producer.send(
                    to: writer.topic, key: key, value: value ?? UnsafeRawBufferPointer(start: nil, count: 0),
                    partition: partition)
            }
        }
    }

    public func flush() throws {
        try withWriter { try $0.producer.flush(deadlineMilliseconds: deadlineMilliseconds) }
    }

    public func trim(before offset: Int64) throws {
        try withWriter { writer in
            if writer.isUntrimmable { return }
            do {
                try writer.admin.deleteRecords(of: topic, partition, before: offset)
            } catch let failure as KafkaFailure where failure.code == marquee_code(RD_KAFKA_RESP_ERR_POLICY_VIOLATION) {
                // The topic was made with `cleanup.policy=compact` alone.
                writer.isUntrimmable = true
            }
        }
    }

    /// Opens the clients if need be; a failure closes them, so that the next checkpoint begins with new ones.
    private func withWriter<Result>(_ body: (inout Writer) throws -> Result) throws -> Result {
        try lock.withLock { _ in
            do {
                var open = try writer ?? makeWriter()
                defer { writer = open }
                return try body(&open)
            } catch {
                writer?.producer.close()
                writer?.admin.close()
                writer = nil
                throw error
            }
        }
    }

    private func makeWriter() throws -> Writer {
        let admin = try KafkaAdmin(configuration)
        guard try admin.partitionCount(of: topic) != nil else { throw KafkaError.topicMissing(topic) }
        // Halves what broker and network take; every librdkafka has it.
        let producer = try KafkaEventProducer(configuration, lingerMilliseconds: 0, compression: "lz4")
        return Writer(producer: producer, topic: try producer.topic(topic), admin: admin)
    }
}
