import CRdKafka
import Glibc

/// Asks a cluster about itself and its topics, and creates topics. Not for the hot path.
public final class KafkaAdmin {
    let client: KafkaClient
    private var knownClusterID: String?

    public init(_ configuration: KafkaConfiguration) throws {
        // The end of a topic is the high watermark, which only read_uncommitted shows.
        let properties = try configuration.propertySet(
            defaults: [("allow.auto.create.topics", "false")], required: [("isolation.level", "read_uncommitted")])
        client = try KafkaClient(.consumer, properties, configuration)
    }

    deinit { close() }

    public func close() { client.close() }

    /// Returns when a broker answers; throws `KafkaError.unreachable`, one sentence with the reason, when none does.
    public func checkReachable(deadlineMilliseconds: Int = 10_000) throws {
        _ = try metadata(.brokers, deadlineMilliseconds: deadlineMilliseconds) { $0.broker_cnt }
    }

    /// Nil when the cluster does not tell. Asks once.
    public func clusterID(deadlineMilliseconds: Int = 10_000) throws -> String? {
        if let knownClusterID { return knownClusterID }
        try checkReachable(deadlineMilliseconds: deadlineMilliseconds)
        guard let text = rd_kafka_clusterid(client.handle, Int32(clamping: deadlineMilliseconds)) else { return nil }
        defer { rd_kafka_mem_free(client.handle, text) }
        knownClusterID = String(cString: text)
        return knownClusterID
    }

    /// Whether the cluster is librdkafka's mock, which has no real transactions.
    public func isEmbeddedBroker(deadlineMilliseconds: Int = 10_000) throws -> Bool {
        try clusterID(deadlineMilliseconds: deadlineMilliseconds)?.hasPrefix("mockCluster") ?? false
    }

    /// Nil when the topic does not exist.
    public func partitionCount(of topic: String, deadlineMilliseconds: Int = 10_000) throws -> Int? {
        try layout(of: topic, deadlineMilliseconds: deadlineMilliseconds)?.partitions
    }

    /// How many partitions a topic has and how many copies each, at least; nil when it does not exist.
    func layout(
        of topic: String, deadlineMilliseconds: Int
    ) throws -> (partitions: Int, replication: Int)? {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while true {
            let left = max(1, deadline.millisecondsLeft)
            // The embedded broker creates what it is asked for by name, so there the list of all is looked through.
            let scope: MetadataScope = try isEmbeddedBroker(deadlineMilliseconds: left) ? .allTopics : .topic(topic)
            let (code, layout) = try metadata(scope, deadlineMilliseconds: left) { metadata in
                let all = UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt))
                guard let found = all.first(where: { strcmp($0.topic, topic) == 0 }) else {
                    return (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, (0, 0))
                }
                let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
                return (found.err, (partitions.count, partitions.map { Int($0.replica_cnt) }.min() ?? 0))
            }
            switch code {
            case RD_KAFKA_RESP_ERR_NO_ERROR: return layout
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return nil
            default:
                // A topic that was just made has no leader for a moment.
                guard KafkaFailure.reaction(to: code) == .retry, !deadline.hasPassed else {
                    throw KafkaFailure(code, operation: "look up topic '\(topic)'")
                }
                client.serveCallbacks(milliseconds: 50)
            }
        }
    }

    /// Has the embedded broker make a topic. It knows no request for that, but makes what it is asked for by name, with
    /// four partitions.
    func makeByName(_ topic: String, deadlineMilliseconds: Int) throws {
        try metadata(.topic(topic), deadlineMilliseconds: deadlineMilliseconds) { _ in }
    }

    /// The first offset kept and the high watermark.
    public func bounds(of topic: String, _ partition: Int32, deadlineMilliseconds: Int = 10_000) throws -> Range<Int64>
    {
        try client.bounds(of: topic, partition, deadlineMilliseconds: deadlineMilliseconds)
    }

    /// The first offset whose record is not older than the given time, or the end when there is none. The embedded
    /// broker cannot tell and answers with the end.
    public func offset(
        of topic: String, _ partition: Int32, atMilliseconds timestamp: Int64, deadlineMilliseconds: Int = 10_000
    ) throws -> Int64 {
        let list = PartitionList(capacity: 1)
        list.add(topic, partition, offset: timestamp)
        let code = rd_kafka_offsets_for_times(client.handle, list.handle, Int32(clamping: deadlineMilliseconds))
        let answer = list.handle.pointee.elems[0]
        for error in [code, answer.err] where error != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw client.error(error, "ask for an offset of \(topic)[\(partition)] by time")
        }
        if answer.offset >= 0 { return answer.offset }
        return try bounds(of: topic, partition, deadlineMilliseconds: deadlineMilliseconds).upperBound
    }

    private enum MetadataScope {
        case brokers
        case topic(String)
        case allTopics
    }

    /// Runs one metadata request, again and again until the deadline.
    private func metadata<Answer>(
        _ scope: MetadataScope, deadlineMilliseconds: Int, _ read: (rd_kafka_metadata) throws -> Answer
    ) throws -> Answer {
        var isForAll: Int32 = 0
        var handle: TopicHandle?
        switch scope {
        case .brokers: break
        case .topic(let name): handle = try client.topic(name, kept: false)
        case .allTopics: isForAll = 1
        }
        defer { handle?.release() }
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while true {
            var answer: UnsafePointer<rd_kafka_metadata>?
            let left = max(1, min(deadline.millisecondsLeft, 5_000))
            let code = rd_kafka_metadata(client.handle, isForAll, handle?.handle, &answer, Int32(left))
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer {
                defer { rd_kafka_metadata_destroy(answer) }
                return try read(answer.pointee)
            }
            guard KafkaFailure.reaction(to: code) == .retry, !deadline.hasPassed else {
                throw client.error(code, "ask the cluster about itself")
            }
            client.serveCallbacks(milliseconds: 20)
        }
    }
}
