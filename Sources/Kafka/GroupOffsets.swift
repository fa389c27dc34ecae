import Events
import Streaming

/// The consumer group's offsets, kept for lag tools. It joins no group: a plain commit by the group's name.
///
/// Owned by the learner thread. Its client is made at the first use.
final class GroupOffsets {
    private let configuration: KafkaConfiguration
    private let topics: KafkaTopics
    private var client: KafkaClient?
    private var sentCount = 0

    init(_ configuration: KafkaConfiguration, topics: KafkaTopics) {
        self.configuration = configuration
        self.topics = topics
    }

    /// Sends the offsets and does not wait for the answer. A refusal is counted in `ClientEvents`.
    func store(_ positions: [InputPartition: Int64]) throws {
        guard !positions.isEmpty else { return }
        try open().storeOffsets(positions, topics)
        sentCount += 1
    }

    /// Takes answers that arrived.
    func serve() { client?.serveCallbacks() }

    /// Waits this long for answers under way.
    func close(milliseconds: Int) {
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
            required: [("group.id", topics.applicationID), ("enable.auto.commit", "false")])
        ClientEvents.installCommitReports(in: properties.handle)
        let client = try KafkaClient(.consumer, properties, configuration)
        self.client = client
        return client
    }
}
