import CRdKafka
import Events
import Streaming

extension KafkaAdmin {
    /// The first offset kept and the high watermark of each partition: two requests a leader, however many there are.
    public func bounds(
        of partitions: [InputPartition], _ topics: KafkaTopics, deadlineMilliseconds: Int = 10_000
    ) throws -> [InputPartition: Range<Int64>] {
        if partitions.isEmpty { return [:] }
        // What the protocol answers as if it were a time.
        let first = try offsets(of: partitions, topics, Int64(RD_KAFKA_OFFSET_BEGINNING), deadlineMilliseconds)
        let end = try offsets(of: partitions, topics, Int64(RD_KAFKA_OFFSET_END), deadlineMilliseconds)
        var bounds: [InputPartition: Range<Int64>] = [:]
        for (number, partition) in partitions.enumerated() {
            bounds[partition] = first[number]..<max(first[number], end[number])
        }
        return bounds
    }

    private func offsets(
        of partitions: [InputPartition], _ topics: KafkaTopics, _ time: Int64, _ deadlineMilliseconds: Int
    ) throws -> [Int64] {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while true {
            let list = PartitionList(capacity: partitions.count)
            for id in partitions { list.add(topics.name(of: id.topic), id.partition, offset: time) }
            var code = rd_kafka_offsets_for_times(
                client.handle, list.handle, Int32(clamping: max(1, deadline.millisecondsLeft)))
            var place = partitions[0]
            var answers: [Int64] = []
            for (number, id) in partitions.enumerated() where code == RD_KAFKA_RESP_ERR_NO_ERROR {
                let answer = list.handle.pointee.elems[number]
                code = answer.err
                place = id
                answers.append(answer.offset)
            }
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return answers }
            guard KafkaFailure.reaction(to: code) == .retry, !deadline.hasPassed else {
                throw client.error(code, "ask for the offsets of \(topics.name(of: place.topic))[\(place.partition)]")
            }
            client.serveCallbacks(milliseconds: 20)
        }
    }

    /// The offsets that a consumer group has stored; partitions without one are left out.
    ///
    /// What an open transaction is about to store does not count. Empty too where this client may not look.
    public func committedOffsets(
        of group: String, _ partitions: [InputPartition], _ topics: KafkaTopics, deadlineMilliseconds: Int = 10_000
    ) throws -> [InputPartition: Int64] {
        if partitions.isEmpty { return [:] }
        if try isWithoutGroups(deadlineMilliseconds) { return [:] }
        let list = PartitionList(capacity: partitions.count)
        for id in partitions { list.add(topics.name(of: id.topic), id.partition, offset: -1) }
        var query = rd_kafka_ListConsumerGroupOffsets_new(group, list.handle)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(query) }
        let operation = "read the offsets of group '\(group)'"
        var result: [InputPartition: Int64] = [:]
        try request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, operation, deadlineMilliseconds) {
            rd_kafka_ListConsumerGroupOffsets(client.handle, &query, 1, $0, $1)
        } answer: { event in
            var count = 0
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            guard count == 1, let answer = groups?[0] else { return }
            if let error = rd_kafka_group_result_error(answer) {
                let code = rd_kafka_error_code(error)
                if code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED { return }
                throw client.error(code, operation)
            }
            guard let stored = rd_kafka_group_result_partitions(answer) else { return }
            for entry in UnsafeBufferPointer(start: stored.pointee.elems, count: Int(stored.pointee.cnt))
            where entry.offset >= 0 {
                let name = String(cString: entry.topic)
                guard let topic = InputTopic.allCases.first(where: { topics.name(of: $0) == name }) else { continue }
                result[InputPartition(topic, entry.partition)] = entry.offset
            }
        }
        return result
    }

    /// Whether the cluster never had a group. Asking it for one would make it set up its groups first, a second.
    func isWithoutGroups(_ deadlineMilliseconds: Int) throws -> Bool {
        if try isEmbeddedBroker(deadlineMilliseconds: deadlineMilliseconds) { return false }
        do {
            return try layout(of: "__consumer_offsets", deadlineMilliseconds: deadlineMilliseconds) == nil
        } catch let failure as KafkaFailure where failure.reaction == .fatal {
            // Not for this client to see.
            return false
        }
    }
}
