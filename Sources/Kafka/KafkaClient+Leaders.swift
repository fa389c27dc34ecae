import CRdKafka

extension KafkaClient {
    /// Learns who leads the partitions of some topics, so that what is assigned next is fetched at once.
    ///
    /// Partitions that are assigned before the client has a connection are left alone until it looks around again,
    /// once a second. Best effort: whoever reads waits for leaders anyway.
    func learnLeaders(of names: [String], deadlineMilliseconds: Int = 5_000) throws {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        for name in names {
            let topic = try topic(name, kept: false)
            defer { topic.release() }
            var answer: UnsafePointer<rd_kafka_metadata>?
            let left = Int32(clamping: max(1, deadline.millisecondsLeft))
            if rd_kafka_metadata(handle, 0, topic.handle, &answer, left) == RD_KAFKA_RESP_ERR_NO_ERROR, let answer {
                rd_kafka_metadata_destroy(answer)
            }
        }
    }
}
