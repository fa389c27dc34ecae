import CRdKafka

extension KafkaClient {
    /// The first offset kept and the end of a partition: the high watermark, or for a client that reads committed the last
    /// stable offset.
    func bounds(of topic: String, _ partition: Int32, deadlineMilliseconds: Int) throws -> Range<Int64> {
        let deadline = Deadline(milliseconds: deadlineMilliseconds)
        while true {
            var low: Int64 = 0
            var high: Int64 = 0
            let left = max(1, min(deadline.millisecondsLeft, 5_000))
            let code = rd_kafka_query_watermark_offsets(handle, topic, partition, &low, &high, Int32(left))
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return low..<max(low, high) }
            guard KafkaFailure.reaction(to: code) == .retry, !deadline.hasPassed else {
                throw error(code, "ask for the offsets of \(topic)[\(partition)]")
            }
            serveCallbacks(milliseconds: 20)
        }
    }
}
