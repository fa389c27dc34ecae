import CRdKafka
import Glibc

extension KafkaAdmin {
    /// How many members a consumer group has now, 0 when there is no such group. A member that died without a word counts
    /// until its session times out.
    public func memberCount(of group: String, deadlineMilliseconds: Int = 10_000) throws -> Int {
        if try isWithoutGroups(deadlineMilliseconds) { return 0 }
        var names: [UnsafePointer<CChar>?] = [UnsafePointer(strdup(group))]
        defer { for name in names { free(UnsafeMutablePointer(mutating: name)) } }
        var members = 0
        let operation = "describe group '\(group)'"
        try request(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, operation, deadlineMilliseconds) {
            rd_kafka_DescribeConsumerGroups(client.handle, &names, names.count, $0, $1)
        } answer: { event in
            var count = 0
            let groups = rd_kafka_DescribeConsumerGroups_result_groups(
                rd_kafka_event_DescribeConsumerGroups_result(event), &count)
            guard count == 1, let answer = groups?[0] else { return }
            if let error = rd_kafka_ConsumerGroupDescription_error(answer) {
                let code = rd_kafka_error_code(error)
                // Newer brokers say so of a group that never was.
                if code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND { return }
                if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw client.error(code, operation) }
            }
            members = rd_kafka_ConsumerGroupDescription_member_count(answer)
        }
        return members
    }

    /// Deletes a consumer group with its offsets; one that does not exist is passed over. Fails while it has members.
    public func deleteGroup(_ group: String, deadlineMilliseconds: Int = 10_000) throws {
        if try isWithoutGroups(deadlineMilliseconds) { return }
        var query = rd_kafka_DeleteGroup_new(group)
        defer { rd_kafka_DeleteGroup_destroy(query) }
        let operation = "delete group '\(group)'"
        try request(RD_KAFKA_ADMIN_OP_DELETEGROUPS, operation, deadlineMilliseconds) {
            rd_kafka_DeleteGroups(client.handle, &query, 1, $0, $1)
        } answer: { event in
            var count = 0
            let groups = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event), &count)
            guard count == 1, let answer = groups?[0], let error = rd_kafka_group_result_error(answer) else { return }
            let code = rd_kafka_error_code(error)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND {
                throw client.error(code, operation)
            }
        }
    }
}
