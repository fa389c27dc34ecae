import CRdKafka
import Events
import Streaming

/// The consumer group's offsets, kept for lag tools. It joins no group: a plain commit by the group's name.
///
/// Owned by the learner thread. Its client is made at the first use.
public final class GroupOffsets {
    private let configuration: KafkaConfiguration
    private let groupID: String
    private let topics: KafkaTopics
    private var client: KafkaClient?
    private var sentCount = 0

    public init(_ configuration: KafkaConfiguration, groupID: String, topics: KafkaTopics) {
        self.configuration = configuration
        self.groupID = groupID
        self.topics = topics
    }

    /// Sends the offsets and does not wait for the answer. A refusal is counted in `ClientEvents`.
    public func store(_ positions: [InputPartition: Int64]) throws {
        guard !positions.isEmpty else { return }
        let client = try open()
        let list = PartitionList(capacity: positions.count)
        for (id, position) in positions { list.add(topics.name(of: id.topic), id.partition, offset: position) }
        let code = rd_kafka_commit(client.handle, list.handle, 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "store the offsets of group '\(groupID)'")
        }
        sentCount += 1
    }

    /// Takes answers that arrived.
    func serve() { client?.serveCallbacks() }

    /// Commits that the coordinator refused, for a metric.
    public var failedCount: Int { client?.events.failedCommitCount ?? 0 }

    /// Waits this long for answers under way.
    public func close(milliseconds: Int) {
        guard let client else { return }
        let deadline = Deadline(milliseconds: milliseconds)
        while client.events.finishedCommitCount < sentCount, !deadline.hasPassed {
            client.serveCallbacks(milliseconds: Int32(clamping: min(deadline.millisecondsLeft, 100)))
        }
        client.close()
        self.client = nil
    }

    private func open() throws -> KafkaClient {
        if let client { return client }
        let properties = try configuration.propertySet(
            defaults: [("allow.auto.create.topics", "false")],
            required: [("group.id", groupID), ("enable.auto.commit", "false")])
        rd_kafka_conf_set_offset_commit_cb(properties.handle) { _, code, _, opaque in
            guard let opaque else { return }
            Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue().recordCommit(code)
        }
        let client = try KafkaClient(.consumer, properties, configuration)
        self.client = client
        return client
    }
}
