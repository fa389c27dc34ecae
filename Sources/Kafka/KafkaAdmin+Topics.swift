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

/// A topic as the cluster has it.
public struct KafkaTopicDescription: Sendable, Equatable {
    public var name: String
    public var partitions: Int
    /// All settings in force, the broker's defaults included. Empty where the broker cannot tell (the embedded one).
    public var settings: [String: String]

    public init(name: String, partitions: Int, settings: [String: String]) {
        self.name = name
        self.partitions = partitions
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

    /// Nil when the topic does not exist.
    public func describe(_ topic: String, deadlineMilliseconds: Int = 10_000) throws -> KafkaTopicDescription? {
        guard let count = try partitionCount(of: topic, deadlineMilliseconds: deadlineMilliseconds) else { return nil }
        let isEmbedded = try isEmbeddedBroker(deadlineMilliseconds: deadlineMilliseconds)
        let settings = isEmbedded ? [:] : try settings(of: topic, deadlineMilliseconds)
        return KafkaTopicDescription(name: topic, partitions: count, settings: settings)
    }

    private func settings(of topic: String, _ deadlineMilliseconds: Int) throws -> [String: String] {
        var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        var settings: [String: String] = [:]
        try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe topic '\(topic)'", deadlineMilliseconds) {
            rd_kafka_DescribeConfigs(client.handle, &resource, 1, $0, $1)
        } answer: { event in
            var count = 0
            let resources = rd_kafka_DescribeConfigs_result_resources(
                rd_kafka_event_DescribeConfigs_result(event), &count)
            for index in 0..<count {
                let found = resources?[index]
                let code = rd_kafka_ConfigResource_error(found)
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    throw KafkaFailure(code, operation: "describe topic '\(topic)'")
                }
                var entryCount = 0
                let entries = rd_kafka_ConfigResource_configs(found, &entryCount)
                for entry in 0..<entryCount {
                    guard let name = rd_kafka_ConfigEntry_name(entries?[entry]),
                        let value = rd_kafka_ConfigEntry_value(entries?[entry])
                    else { continue }
                    settings[String(cString: name)] = String(cString: value)
                }
            }
        }
        return settings
    }

    /// Deletes the records of one partition that lie before `offset`.
    public func deleteRecords(
        of topic: String, _ partition: Int32, before offset: Int64, deadlineMilliseconds: Int = 10_000
    ) throws {
        let list = PartitionList(capacity: 1)
        list.add(topic, partition, offset: offset)
        var records = rd_kafka_DeleteRecords_new(list.handle)
        defer { rd_kafka_DeleteRecords_destroy(records) }
        let operation = "delete records of \(topic)[\(partition)] before offset \(offset)"
        try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, operation, deadlineMilliseconds) {
            rd_kafka_DeleteRecords(client.handle, &records, 1, $0, $1)
        } answer: { event in
            let offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
            guard let offsets, offsets.pointee.cnt == 1 else { return }
            let code = offsets.pointee.elems[0].err
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code, operation: operation) }
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

    /// Sends one admin request and hands its result event to `answer`.
    private func request(
        _ kind: rd_kafka_admin_op_t, _ operation: String, _ deadlineMilliseconds: Int,
        send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        answer: (_ event: OpaquePointer) throws -> Void
    ) throws {
        let queue = try client.newQueue()
        let options = rd_kafka_AdminOptions_new(client.handle, kind)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var reason = [CChar](repeating: 0, count: 256)
        rd_kafka_AdminOptions_set_request_timeout(
            options, Int32(clamping: deadlineMilliseconds), &reason, reason.count)
        send(options, queue.handle)
        // librdkafka ends the request itself at the deadline; one second more is for the answer on its way.
        guard let event = rd_kafka_queue_poll(queue.handle, Int32(clamping: deadlineMilliseconds + 1_000)) else {
            throw client.error(RD_KAFKA_RESP_ERR__TIMED_OUT, operation)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, operation) }
        try answer(event)
    }
}
