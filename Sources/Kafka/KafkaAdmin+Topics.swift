import CRdKafka

/// A topic to create.
public struct NewKafkaTopic: Sendable, Equatable {
    public var name: String
    public var partitions: Int
    public var replication: Int
    /// Topic settings such as `cleanup.policy`.
    public var settings: [String: String]

    public init(name: String, partitions: Int, replication: Int = 1, settings: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.settings = settings
    }
}

extension KafkaAdmin {
    /// Creates topics; those that exist already are left as they are. Returns the names of those that were created.
    /// The embedded broker gives each four partitions, whatever is asked for.
    public func create(_ topics: [NewKafkaTopic], deadlineMilliseconds: Int = 15_000) throws -> [String] {
        if try isEmbeddedBroker(deadlineMilliseconds: deadlineMilliseconds) {
            let missing = try topics.map(\.name).filter { try partitionCount(of: $0) == nil }
            for name in missing { try makeByName(name, deadlineMilliseconds: deadlineMilliseconds) }
            try waitForLeaders(of: missing, deadlineMilliseconds)
            return missing
        }
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics {
            var reason = [CChar](repeating: 0, count: 256)
            guard
                let request = rd_kafka_NewTopic_new(
                    topic.name, Int32(topic.partitions), Int32(topic.replication), &reason, reason.count)
            else {
                throw KafkaFailure(
                    RD_KAFKA_RESP_ERR__INVALID_ARG, operation: "create topic '\(topic.name)'", message: text(of: reason)
                )
            }
            requests.append(request)
            for (name, value) in topic.settings { rd_kafka_NewTopic_set_config(request, name, value) }
        }
        var created: [String] = []
        try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics", deadlineMilliseconds) { options, queue in
            rd_kafka_CreateTopics(client.handle, &requests, requests.count, options, queue)
        } answer: { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            for index in 0..<count {
                guard let result = results?[index], let name = rd_kafka_topic_result_name(result) else { continue }
                switch rd_kafka_topic_result_error(result) {
                case RD_KAFKA_RESP_ERR_NO_ERROR: created.append(String(cString: name))
                case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: continue
                case let code:
                    throw KafkaFailure(
                        code, operation: "create topic '\(String(cString: name))'",
                        message: rd_kafka_topic_result_error_string(result).map { String(cString: $0) })
                }
            }
        }
        try waitForLeaders(of: created, deadlineMilliseconds)
        return created
    }

    /// Deletes topics and waits until they are gone; those that do not exist are passed over.
    public func delete(_ topics: [String], deadlineMilliseconds: Int = 15_000) throws {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        var requests = topics.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics", deadlineMilliseconds) { options, queue in
            rd_kafka_DeleteTopics(client.handle, &requests, requests.count, options, queue)
        } answer: { event in
            var count = 0
            let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
            for index in 0..<count {
                guard let result = results?[index], let name = rd_kafka_topic_result_name(result) else { continue }
                switch rd_kafka_topic_result_error(result) {
                case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: continue
                case let code:
                    throw KafkaFailure(
                        code, operation: "delete topic '\(String(cString: name))'",
                        message: rd_kafka_topic_result_error_string(result).map { String(cString: $0) })
                }
            }
        }
        for topic in topics {
            while try partitionCount(of: topic, deadlineMilliseconds: max(1, deadline.millisecondsLeft)) != nil {
                if deadline.hasPassed {
                    throw KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT, operation: "delete topic '\(topic)'")
                }
                client.serveCallbacks(milliseconds: 20)
            }
        }
    }

    /// A topic that the controller made is known to the brokers a moment later.
    private func waitForLeaders(of topics: [String], _ deadlineMilliseconds: Int) throws {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        for topic in topics {
            while try partitionCount(of: topic, deadlineMilliseconds: max(1, deadline.millisecondsLeft)) == nil {
                if deadline.hasPassed { throw KafkaError.topicMissing(topic) }
                client.serveCallbacks(milliseconds: 50)
            }
        }
    }
}
