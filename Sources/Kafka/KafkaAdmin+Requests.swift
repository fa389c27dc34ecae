import CRdKafka

extension KafkaAdmin {
    /// Sends one admin request and hands its result event to `answer`.
    func request(
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
}
