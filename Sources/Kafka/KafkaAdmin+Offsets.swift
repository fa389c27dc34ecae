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
}
