import Events
import Kafka
import Streaming

/// The limit: the `ratings` topic read by the service's own source, each batch given back at once.
enum BenchBareRead {
    private static let quietSecondsMax = 30.0

    /// Ratings a second, from the first batch to the last; the first one's own do not count.
    static func ratingsPerSecond(
        _ configuration: KafkaConfiguration, _ topics: KafkaTopics, count: Int, _ stop: StopSignal
    ) throws -> Double {
        let source = try KafkaEventSource(configuration, topics: topics, groupID: topics.applicationID + "-bare")
        defer { source.close() }
        // Movies and users are passed over.
        var positions: [InputPartition: Int64] = [:]
        for topic in [InputTopics.movies, .users] {
            for id in partitions(of: topic, source) { positions[id] = try source.bounds(of: id).upperBound }
        }
        let batch = RecordBatch(capacity: StreamLimits.batchRecordsMax)
        try source.assign(positions)
        var done = 0
        var first: (count: Int, seconds: Double)?
        var last = MonotonicTime.seconds
        while done < count {
            if stop.isSet { throw BenchPipelineRun.Interrupted() }
            try source.poll(.ratings, limit: batch.capacity, waitMilliseconds: 100, into: batch)
            let now = MonotonicTime.seconds
            if batch.count > 0 {
                done += batch.count
                last = now
                if first == nil { first = (done, now) }
            } else if now - last > quietSecondsMax {
                throw UserFacingError(
                    "the bare read got \(grouped(done)) of \(grouped(count)) ratings and then nothing for"
                        + " \(Int(quietSecondsMax)) s")
            }
            source.release(batch)
        }
        guard let first, done > first.count else { return 0 }
        return Double(done - first.count) / max(last - first.seconds, 1e-9)
    }

    private static func partitions(of topics: InputTopics, _ source: KafkaEventSource) -> [InputPartition] {
        InputTopic.allCases.filter { topics.contains($0) }.flatMap { topic in
            (0..<source.partitionCount(of: topic)).map { InputPartition(topic, Int32($0)) }
        }
    }
}
