import Events
import Kafka
import Streaming

/// The service's progress as its journal tells it: every commit with its ratings, lists and time.
final class BenchJournal {
    private let reader: KafkaTopicReader
    /// When the record before the first commit with ratings was written: the catalogue was learnt.
    private var startMilliseconds: Int64?
    private var endMilliseconds: Int64 = 0
    /// Ratings whose commit stands in the journal, their lists acknowledged.
    private(set) var ratings = 0
    private(set) var lists = 0

    init(_ configuration: KafkaConfiguration, topics: KafkaTopics) throws {
        reader = try KafkaTopicReader(configuration, topic: topics.journal, from: .beginning)
    }

    func poll(waitMilliseconds: Int32) throws {
        try reader.poll(waitMilliseconds: waitMilliseconds) { record in
            let commit = try JournalRecord(decoding: record.value)
            lists += commit.lists.count
            var count = 0
            for batch in commit.batches {
                for advance in batch where advance.partition.topic == .ratings { count += advance.count }
            }
            ratings += count
            if ratings == 0 { startMilliseconds = record.timestampMilliseconds }
            if count > 0 { endMilliseconds = record.timestampMilliseconds }
        }
    }

    /// From the commit that ended the catalogue to the last one with ratings, its lists acknowledged.
    var ratingsPerSecond: Double? {
        guard let startMilliseconds, endMilliseconds > startMilliseconds else { return nil }
        return Double(ratings) * 1000 / Double(endMilliseconds - startMilliseconds)
    }
}
