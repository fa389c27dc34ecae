import CRdKafka

/// A topic as the cluster has it.
public struct KafkaTopicDescription: Sendable, Equatable {
    public var name: String
    public var partitions: Int
    /// Copies that every partition has at least.
    public var replication: Int
    /// All settings in force, the broker's defaults included. Empty where the broker does not tell: the embedded one,
    /// or one that allows this client no look.
    public var settings: [String: String]

    public init(name: String, partitions: Int, replication: Int, settings: [String: String]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.settings = settings
    }
}

extension KafkaAdmin {
    /// Looks topics up, by name; one that does not exist is left out. The settings of all come in one request.
    public func describe(
        _ topics: [String], deadlineMilliseconds: Int = 10_000
    ) throws -> [String: KafkaTopicDescription] {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        var found: [String: KafkaTopicDescription] = [:]
        for topic in topics {
            let left = max(1, deadline.millisecondsLeft)
            guard let layout = try layout(of: topic, deadlineMilliseconds: left) else { continue }
            found[topic] = KafkaTopicDescription(
                name: topic, partitions: layout.partitions, replication: layout.replication, settings: [:])
        }
        let left = max(1, deadline.millisecondsLeft)
        if found.isEmpty { return found }
        if try isEmbeddedBroker(deadlineMilliseconds: left) { return found }
        for (topic, settings) in try settings(of: found.keys.sorted(), left) { found[topic]?.settings = settings }
        return found
    }

    private func settings(of topics: [String], _ deadlineMilliseconds: Int) throws -> [String: [String: String]] {
        var resources = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
        var settings: [String: [String: String]] = [:]
        try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe topics", deadlineMilliseconds) {
            rd_kafka_DescribeConfigs(client.handle, &resources, resources.count, $0, $1)
        } answer: { event in
            var count = 0
            let answers = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &count)
            for index in 0..<count {
                guard let answer = answers?[index], let name = rd_kafka_ConfigResource_name(answer) else { continue }
                let topic = String(cString: name)
                switch rd_kafka_ConfigResource_error(answer) {
                case RD_KAFKA_RESP_ERR_NO_ERROR: settings[topic] = entries(of: answer)
                case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: continue
                case let code: throw KafkaFailure(code, operation: "describe topic '\(topic)'")
                }
            }
        }
        return settings
    }

    private func entries(of resource: OpaquePointer) -> [String: String] {
        var count = 0
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        var settings: [String: String] = [:]
        for index in 0..<count {
            guard let name = rd_kafka_ConfigEntry_name(entries?[index]),
                let value = rd_kafka_ConfigEntry_value(entries?[index])
            else { continue }
            settings[String(cString: name)] = String(cString: value)
        }
        return settings
    }
}
