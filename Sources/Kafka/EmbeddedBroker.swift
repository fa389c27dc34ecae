import CRdKafka

/// librdkafka's mock cluster as a broker in this process: real Kafka protocol over loopback TCP, all in memory.
///
/// It drops the oldest records of a partition beyond about 5 MiB or 100,000 batches, has no real transactions, and
/// creates topics only through this class (or, with four partitions, when a client that allows it touches one).
public final class EmbeddedBroker {
    private let client: KafkaClient
    private var cluster: OpaquePointer?
    private var forwarder: PortForwarder?
    /// `127.0.0.1:port`.
    public let bootstrapServers: String

    /// Starts serving. The mock chooses its own port; a `port` given here is forwarded to it, which is enough because
    /// clients only ask there for the broker's address.
    public init(port: UInt16? = nil, log: (@Sendable (KafkaLogLine) -> Void)? = nil) throws {
        // The mock hangs on a client that never connects anywhere; warnings about its missing brokers are moot.
        let configuration = try KafkaConfiguration(bootstrapServers: "", log: log)
        let client = try KafkaClient(.producer, PropertySet(), configuration)
        self.client = client
        guard let cluster = rd_kafka_mock_cluster_new(client.handle, 1) else {
            throw KafkaError.brokerDidNotStart(reason: "no loopback port could be opened")
        }
        self.cluster = cluster
        do {
            let inner = rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) } ?? ""
            guard let innerPort = inner.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                throw KafkaError.brokerDidNotStart(reason: "it has no address")
            }
            forwarder = try port.map { try PortForwarder(from: $0, to: innerPort) }
            bootstrapServers = port.map { "127.0.0.1:\($0)" } ?? inner
        } catch {
            // librdkafka aborts the process when a client goes before its mock cluster.
            rd_kafka_mock_cluster_destroy(cluster)
            throw error
        }
    }

    deinit { stop() }

    /// Creates a topic; one that exists already is left as it is.
    public func createTopic(_ name: String, partitions: Int) throws {
        guard let cluster else { return }
        let code = rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
            throw KafkaFailure(code, operation: "create topic '\(name)'")
        }
    }

    /// Closes every connection; everything stored is gone.
    public func stop() {
        forwarder?.stop()
        forwarder = nil
        if let cluster { rd_kafka_mock_cluster_destroy(cluster) }
        cluster = nil
        client.close()
    }
}
