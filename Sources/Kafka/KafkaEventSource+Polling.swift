import CRdKafka
import Events
import Streaming

/// The live read.
extension KafkaEventSource {
    public func poll(_ topics: InputTopics, limit: Int, waitMilliseconds: Int32, into batch: RecordBatch) throws {
        release(batch)
        ratings.client.serveCallbacks()
        catalogue.client.serveCallbacks()
        // Whoever raised the signal before now may have something that the queues here do not show, so a signal that
        // was up ends the call even when nothing is found; one that comes later ends the wait.
        let wasSignalled = signal.clear()
        let room = min(limit, batch.capacity)
        try takeShares(topics, room, into: batch)
        if batch.count > 0 || !batch.segments.isEmpty || wasSignalled || waitMilliseconds == 0 { return }
        if signal.wait(milliseconds: waitMilliseconds) {
            signal.clear()
            try takeShares(topics, room, into: batch)
        }
    }

    /// Shares `room` between the partitions that have something: each gets what it has, at most the same share,
    /// and what one leaves goes to the others.
    private func takeShares(_ topics: InputTopics, _ room: Int, into batch: RecordBatch) throws {
        var contenders = 0
        for index in readers.indices where topics.contains(readers[index].id.topic) {
            if readers[index].hasFailed { try throwFailure(of: readers[index]) }
            waiting[index] = readers[index].waitingCount
            if waiting[index] > 0 { contenders += 1 }
        }
        if contenders > room { rotate(topics, room, contenders) }
        let share = fairShare(topics, room, contenders: min(contenders, room))
        var spare = room - shareTotal(topics, share)
        for index in readers.indices where topics.contains(readers[index].id.topic) {
            let reader = readers[index]
            // A partition that looked empty is asked all the same: only asking re-arms its queue's signal.
            var allowance = min(max(waiting[index], 1), share)
            if waiting[index] > share, spare > 0 {
                allowance += 1
                spare -= 1
            }
            allowance = min(allowance, room - batch.count)
            guard allowance > 0, waiting[index] >= 0 else { continue }
            take(from: reader, allowance, below: .max, into: batch)
        }
        ratings.wakeIfAsleep()
        catalogue.wakeIfAsleep()
    }

    /// With less room than partitions that have something, lets them take turns: those whose turn it is not are marked
    /// by a negative count.
    private func rotate(_ topics: InputTopics, _ room: Int, _ contenders: Int) {
        var ordinal = 0
        for index in readers.indices where topics.contains(readers[index].id.topic) && waiting[index] > 0 {
            if (ordinal + contenders - turn % contenders) % contenders >= room { waiting[index] = -1 }
            ordinal += 1
        }
        turn = (turn + room) % contenders
    }

    /// The largest share with which all contenders' takings fit into `room`.
    private func fairShare(_ topics: InputTopics, _ room: Int, contenders: Int) -> Int {
        guard contenders > 0 else { return 1 }
        var share = room / contenders
        while true {
            // Each round gives what the small ones left to the others; it ends after one round a partition.
            var left = room
            var hungry = 0
            for index in readers.indices where topics.contains(readers[index].id.topic) {
                left -= min(max(waiting[index], 0), share)
                if waiting[index] > share { hungry += 1 }
            }
            if hungry == 0 || left < hungry { return max(share, 1) }
            share += left / hungry
        }
    }

    private func shareTotal(_ topics: InputTopics, _ share: Int) -> Int {
        var total = 0
        for index in readers.indices where topics.contains(readers[index].id.topic) {
            total += min(max(waiting[index], 0), share)
        }
        return total
    }

    /// Takes records and notes the segment if the position moved.
    func take(from reader: PartitionReader, _ room: Int, below cut: Int64, into batch: RecordBatch) {
        let position = reader.position
        let start = batch.count
        let count = reader.take(room, below: cut, into: batch)
        reader.noteTaken()
        if reader.fetcherMaySleep { fetcher(of: reader.id.topic).maySleep = true }
        guard reader.position != position else { return }
        if let last = batch.segments.indices.last, batch.segments[last].partition == reader.id {
            batch.segments[last].count += count
            batch.segments[last].nextOffset = reader.position
        } else {
            batch.segments.append(
                RecordBatch.Segment(
                    partition: reader.id, start: start, count: count, nextOffset: reader.position))
        }
    }

    /// Throws what a partition's queue reported, as precisely as the broker's offsets tell.
    func throwFailure(of reader: PartitionReader) throws {
        guard let failure = reader.takeFailure() else { return }
        switch failure.code {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            let kept = try bounds(of: reader.id)
            if reader.position < kept.lowerBound {
                throw SourceError.trimmed(reader.id, position: reader.position, beginning: kept.lowerBound)
            }
            throw SourceError.endedEarly(reader.id, cut: reader.position, end: kept.upperBound)
        default:
            throw KafkaFailure(
                failure.code, operation: "read \(reader.label) at offset \(reader.position)",
                message: failure.message)
        }
    }
}

extension KafkaEventSource {
    /// About how many messages wait in memory, partition ends included.
    public var waitingCount: Int { readers.reduce(0) { $0 + $1.waitingCount } }
}
