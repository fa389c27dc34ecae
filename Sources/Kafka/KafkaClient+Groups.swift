import CRdKafka
import Events
import Streaming

/// Somebody who is in a consumer group now.
struct KnownMember: Sendable, Equatable {
    var id: String
    var clientID: String
}

extension KafkaClient {
    /// Who is in a group, or why that is not known now.
    ///
    /// It asks by `rd_kafka_list_groups`: librdkafka's newer admin request for the same (DescribeConsumerGroups) aborts the
    /// process when the coordinator goes away at the wrong moment.
    func members(
        ofGroup group: String, milliseconds: Int32
    ) -> (members: [KnownMember]?, code: rd_kafka_resp_err_t) {
        var list: UnsafePointer<rd_kafka_group_list>?
        let code = rd_kafka_list_groups(handle, group, &list, milliseconds)
        guard let list else { return (nil, code) }
        defer { rd_kafka_group_list_destroy(list) }
        // When some broker does not answer, a group that was found is still told by its own coordinator.
        let isWhole = code == RD_KAFKA_RESP_ERR_NO_ERROR
        guard isWhole || code == RD_KAFKA_RESP_ERR__PARTIAL && list.pointee.group_cnt > 0 else { return (nil, code) }
        var members: [KnownMember] = []
        for group in UnsafeBufferPointer(start: list.pointee.groups, count: Int(list.pointee.group_cnt)) {
            guard group.err == RD_KAFKA_RESP_ERR_NO_ERROR else { return (nil, group.err) }
            for member in UnsafeBufferPointer(start: group.members, count: Int(group.member_cnt)) {
                members.append(
                    KnownMember(
                        id: member.member_id.map { String(cString: $0) } ?? "",
                        clientID: member.client_id.map { String(cString: $0) } ?? ""))
            }
        }
        return (members, RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// Stores offsets of this client's group and does not wait for the answer, which goes to `ClientEvents`.
    func storeOffsets(_ positions: [InputPartition: Int64], _ topics: KafkaTopics) throws {
        let list = PartitionList(capacity: positions.count)
        for (id, position) in positions { list.add(topics.name(of: id.topic), id.partition, offset: position) }
        let code = rd_kafka_commit(handle, list.handle, 1)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "store the offsets of group '\(topics.applicationID)'")
        }
    }
}
