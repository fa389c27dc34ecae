import Events

/// One partition of one input topic.
public struct InputPartition: Hashable, Sendable, Comparable {
    public var topic: InputTopic
    public var partition: Int32

    public init(_ topic: InputTopic, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public static func < (left: InputPartition, right: InputPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Which topics a poll may take from.
public struct InputTopics: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let movies = InputTopics(rawValue: 1 << 0)
    public static let users = InputTopics(rawValue: 1 << 1)
    public static let ratings = InputTopics(rawValue: 1 << 2)
    public static let all: InputTopics = [.movies, .users, .ratings]

    public func contains(_ topic: InputTopic) -> Bool { rawValue & (1 << topic.rawValue) != 0 }
}

/// The borrowed records of one micro-batch, in the order movies, users, ratings; then partition; then offset.
///
/// Filled by an `EventSource`; its records are valid until the source fills it again or `release()` is called on
/// the source.
public final class RecordBatch {
    /// What the batch took from one partition.
    public struct Segment: Sendable, Equatable {
        public var partition: InputPartition
        /// Index of the segment's first record in `records`.
        public var start: Int
        /// Number of records.
        public var count: Int
        /// Where the next batch goes on. Control records (transaction markers) are counted over, so this may lie
        /// beyond the last record's offset + 1, and a segment may move on without any record.
        public var nextOffset: Int64

        public init(partition: InputPartition, start: Int, count: Int, nextOffset: Int64) {
            self.partition = partition
            self.start = start
            self.count = count
            self.nextOffset = nextOffset
        }
    }

    public let capacity: Int
    public let records: UnsafeMutablePointer<RawRecord>
    public var count = 0
    /// Only partitions whose position moved, in batch order.
    public var segments: [Segment] = []

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        segments.reserveCapacity(64)
    }

    deinit { records.deallocate() }

    public func removeAll() {
        count = 0
        segments.removeAll(keepingCapacity: true)
    }
}

/// Where the loop's events come from: Kafka, or a model of it in tests.
///
/// All calls come from one thread.
public protocol EventSource: AnyObject {
    /// Number of partitions of an input topic.
    func partitionCount(of topic: InputTopic) -> Int

    /// The first offset kept and the end (high watermark) that a partition has now; asks the broker.
    func bounds(of partition: InputPartition) throws -> Range<Int64>

    /// The bounds of several partitions at once.
    func bounds(of partitions: [InputPartition]) throws -> [InputPartition: Range<Int64>]

    /// Starts reading every partition of every input topic at the given offsets. A partition that is not named
    /// starts at its beginning. Called once, before the first `poll` or `read`; calling again moves.
    func assign(_ positions: [InputPartition: Int64]) throws

    /// The live read: fills `batch` (emptied first) with what waits now in the given topics, at most `limit` records,
    /// sharing the room fairly between partitions that have something. When nothing waits it blocks until something
    /// does, `wakeUp` is called, or `waitMilliseconds` have passed. Zero records is an ordinary answer. Never
    /// allocates in the steady state.
    func poll(_ topics: InputTopics, limit: Int, waitMilliseconds: Int32, into batch: RecordBatch) throws

    /// The replay read: fills `batch` (emptied first) with all records below the given next offsets that were not
    /// read before, in batch order; waits until all are there. Throws `SourceError.endedEarly` when a partition's
    /// log ends before its cut, and `SourceError.trimmed` when it begins after the position.
    func read(upTo cut: [RecordBatch.Segment], into batch: RecordBatch) throws

    /// The headers of a record of the current batch; cold path, for dead letters.
    func headers(of record: RawRecord) -> [RecordHeader]

    /// Gives the current batch's records back.
    func release(_ batch: RecordBatch)

    /// Makes a blocked `poll` return soon; the only call that may come from another thread.
    func wakeUp()

    func close()
}

extension EventSource {
    /// Every partition of every input topic, in order.
    var partitions: [InputPartition] {
        InputTopic.allCases.flatMap { topic in
            (0..<partitionCount(of: topic)).map { InputPartition(topic, Int32($0)) }
        }
    }
}

/// A Kafka record header.
public struct RecordHeader: Sendable, Equatable {
    public var name: String
    public var value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

public enum SourceError: Error, Equatable {
    /// The log of this partition ends at `end`, before the cut that the journal names.
    case endedEarly(InputPartition, cut: Int64, end: Int64)
    /// The log of this partition begins at `beginning`, after the position that is needed.
    case trimmed(InputPartition, position: Int64, beginning: Int64)
}
