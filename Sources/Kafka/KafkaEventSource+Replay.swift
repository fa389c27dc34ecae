import Events
import Streaming

/// The replay read.
extension KafkaEventSource {
    public func read(upTo cut: [RecordBatch.Segment], into batch: RecordBatch) throws {
        release(batch)
        for target in cut.sorted(by: { $0.partition < $1.partition }) {
            guard let reader = readers.first(where: { $0.id == target.partition }) else {
                throw KafkaError.topicMissing(
                    "\(topics.name(of: target.partition.topic))[\(target.partition.partition)]")
            }
            try read(reader, upTo: target.nextOffset, into: batch)
        }
    }

    private func read(_ reader: PartitionReader, upTo cut: Int64, into batch: RecordBatch) throws {
        let fetcher = fetcher(of: reader.id.topic)
        var deadline = Deadline(milliseconds: patience.replay)
        var checksEnd = true
        while reader.position < cut {
            signal.clear()
            let before = reader.position
            take(from: reader, batch.capacity - batch.count, below: cut, into: batch)
            fetcher.wakeIfAsleep()
            if reader.position > before {
                deadline = Deadline(milliseconds: patience.replay)
                continue
            }
            // What arrives behind that look may lie beyond the cut, so only what was looked at counts.
            if batch.count == batch.capacity, reader.hasTaken {
                throw KafkaError.batchTooSmall(capacity: batch.capacity)
            }
            try throwFailure(of: reader)
            if deadline.hasPassed {
                throw KafkaError.stalled(
                    partition: reader.label, position: reader.position, wanted: cut, milliseconds: patience.replay)
            }
            if checksEnd, reader.endSeen == reader.position {
                try checkKept(reader, upTo: cut)
                checksEnd = false
            }
            fetcher.client.serveCallbacks()
            let wait = min(deadline.millisecondsLeft, 1_000)
            if !signal.wait(milliseconds: Int32(clamping: wait)) { try checkKept(reader, upTo: cut) }
        }
    }

    /// Throws when the log no longer holds what the cut names. A broker that does not answer now says nothing.
    private func checkKept(_ reader: PartitionReader, upTo cut: Int64) throws {
        let kept: Range<Int64>
        do {
            kept = try bounds(of: reader.id)
        } catch let error as KafkaError where error.reaction == .retry {
            return
        } catch let error as KafkaFailure where error.reaction == .retry {
            return
        }
        if kept.upperBound < cut { throw SourceError.endedEarly(reader.id, cut: cut, end: kept.upperBound) }
        if reader.position < kept.lowerBound {
            throw SourceError.trimmed(reader.id, position: reader.position, beginning: kept.lowerBound)
        }
    }
}
