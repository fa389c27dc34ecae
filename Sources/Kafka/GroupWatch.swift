import CRdKafka

/// Looks now and then who is in a consumer group, without waiting for answers.
///
/// Owned by one thread.
final class GroupWatch {
    private static let intervalMilliseconds = 200
    private let client: KafkaClient
    private var queue: QueueHandle
    private let groupID: String
    private var isAsking = false
    private var nextQuestion = Deadline(milliseconds: 0)

    init(_ configuration: KafkaConfiguration, groupID: String) throws {
        let properties = try configuration.propertySet(
            defaults: [("allow.auto.create.topics", "false"), ("retry.backoff.ms", "20")], required: [])
        client = try KafkaClient(.producer, properties, configuration)
        queue = try client.newQueue()
        self.groupID = groupID
    }

    deinit { close() }

    func close() {
        queue.release()
        client.close(deadlineMilliseconds: 2_000)
    }

    /// The next answer is one to a question that is asked from now on.
    func forget() throws {
        queue.release()
        queue = try client.newQueue()
        isAsking = false
        nextQuestion = Deadline(milliseconds: 0)
    }

    /// How many members but the one of this instance id there are; nil until an answer has come.
    func others(than instanceID: String) throws -> Int? {
        if !isAsking {
            guard nextQuestion.hasPassed else { return nil }
            ask()
        }
        guard let event = rd_kafka_queue_poll(queue.handle, 0) else { return nil }
        defer { rd_kafka_event_destroy(event) }
        isAsking = false
        nextQuestion = Deadline(milliseconds: Self.intervalMilliseconds)
        // A broker that is away or busy says nothing; the next answer may.
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        var count = 0
        let groups = rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count)
        guard count == 1, let group = groups?[0] else { return nil }
        if let error = rd_kafka_ConsumerGroupDescription_error(group) {
            // A group that was never there has nobody in it.
            return rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND ? 0 : nil
        }
        var others = 0
        for index in 0..<rd_kafka_ConsumerGroupDescription_member_count(group) {
            let member = rd_kafka_ConsumerGroupDescription_member(group, index)
            let id = rd_kafka_MemberDescription_group_instance_id(member).map { String(cString: $0) }
            if id != instanceID { others += 1 }
        }
        return others
    }

    private func ask() {
        let options = rd_kafka_AdminOptions_new(client.handle, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, 2_000, nil, 0)
        groupID.withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            rd_kafka_DescribeConsumerGroups(client.handle, &names, 1, options, queue.handle)
        }
        isAsking = true
    }
}
