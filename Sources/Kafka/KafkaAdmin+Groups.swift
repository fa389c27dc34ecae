import CRdKafka

extension KafkaAdmin {
    /// How many members a consumer group has now, 0 when there is no such group. A member that died without a word counts
    /// until its session times out.
    public func memberCount(of group: String, deadlineMilliseconds: Int = 10_000) throws -> Int {
        if try isWithoutGroups(deadlineMilliseconds) { return 0 }
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while true {
            let left = Int32(clamping: max(1, deadline.millisecondsLeft))
            let (members, code) = client.members(ofGroup: group, milliseconds: left)
            if let members { return members.count }
            guard code == RD_KAFKA_RESP_ERR__PARTIAL || KafkaFailure.reaction(to: code) == .retry, !deadline.hasPassed
            else { throw client.error(code, "look who is in the group '\(group)'") }
            client.serveCallbacks(milliseconds: 100)
        }
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

    /// Whether the cluster never had a group. Asking it for one would make it set up its groups first, a second.
    private func isWithoutGroups(_ deadlineMilliseconds: Int) throws -> Bool {
        if try isEmbeddedBroker(deadlineMilliseconds: deadlineMilliseconds) { return false }
        do {
            return try layout(of: "__consumer_offsets", deadlineMilliseconds: deadlineMilliseconds) == nil
        } catch let failure as KafkaFailure where failure.reaction == .fatal {
            // Not for this client to see.
            return false
        }
    }
}
