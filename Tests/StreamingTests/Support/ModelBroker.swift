import Events
import Streaming

/// A broker in memory that keeps to Kafka's rules as far as the loop sees them.
final class ModelBroker {
    /// A record whose bytes stay where they are as long as the broker lives.
    final class Record {
        let key: UnsafeRawBufferPointer
        let value: UnsafeRawBufferPointer
        let timestampMilliseconds: Int64
        let headers: [RecordHeader]

        init(key: [UInt8]?, value: [UInt8]?, timestampMilliseconds: Int64, headers: [RecordHeader]) {
            self.key = Self.copy(key)
            self.value = Self.copy(value)
            self.timestampMilliseconds = timestampMilliseconds
            self.headers = headers
        }

        deinit {
            key.deallocate()
            value.deallocate()
        }

        private static func copy(_ bytes: [UInt8]?) -> UnsafeRawBufferPointer {
            guard let bytes else { return UnsafeRawBufferPointer(start: nil, count: 0) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
            buffer.copyBytes(from: bytes)
            return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<bytes.count])
        }
    }

    struct Published {
        var userID: Int64
        /// nil = a tombstone.
        var list: RecommendationList?
    }

    struct DeadLetter {
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: [RecordHeader]

        func header(_ name: String) -> String? {
            headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
        }
    }

    private(set) var inputs: [InputPartition: [Record]] = [:]
    /// How many records were ever produced.
    private(set) var recordCount = 0
    /// The first offsets that are kept, where it is not 0.
    var beginnings: [InputPartition: Int64] = [:]
    /// Offsets whose records were compacted away.
    var compacted: [InputPartition: Set<Int64>] = [:]
    /// The first offset of the journal that is kept.
    var journalBeginning: Int64 = 0
    let ratingPartitions: Int
    var published: [Published] = []
    var deadLetters: [DeadLetter] = []
    var journal: [[UInt8]] = []
    var storedOffsets: [InputPartition: Int64] = [:]
    var now: Int64 = 1_000_000_000_000

    init(ratingPartitions: Int = 1) {
        self.ratingPartitions = ratingPartitions
        for topic in InputTopic.allCases {
            for partition in 0..<partitionCount(topic) { inputs[InputPartition(topic, Int32(partition))] = [] }
        }
    }

    func partitionCount(_ topic: InputTopic) -> Int { topic == .ratings ? ratingPartitions : 1 }

    func partition(of topic: InputTopic, key: String?) -> InputPartition {
        let hash = (key ?? "").utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        return InputPartition(topic, Int32(hash % partitionCount(topic)))
    }

    @discardableResult
    func produce(
        _ topic: InputTopic, key: String?, value: String?, timestamp: Int64? = nil, headers: [RecordHeader] = []
    ) -> Int64 {
        let partition = partition(of: topic, key: key)
        recordCount += 1
        inputs[partition]?.append(
            Record(
                key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) },
                timestampMilliseconds: timestamp ?? now, headers: headers))
        return Int64(inputs[partition]?.count ?? 0) - 1
    }

    /// As a broker that lost the end of its log.
    func truncate(_ partition: InputPartition, to end: Int) {
        inputs[partition] = Array((inputs[partition] ?? []).prefix(end))
    }

    func rate(_ user: Int64, _ movie: Int64, _ rating: Double, time: Int64? = nil, id: String? = nil) {
        let time = time.map { ",\"event_time\":\($0)" } ?? ""
        let id = id.map { ",\"event_id\":\"\($0)\"" } ?? ""
        produce(
            .ratings, key: "\(user)",
            value: "{\"user_id\":\(user),\"movie_id\":\(movie),\"rating\":\(rating)\(time)\(id)}")
    }

    func remove(_ user: Int64, _ movie: Int64) {
        produce(.ratings, key: "\(user)", value: "{\"user_id\":\(user),\"movie_id\":\(movie),\"op\":\"REMOVE\"}")
    }

    func announce(_ movie: Int64, _ title: String) {
        produce(
            .movies, key: "\(movie)", value: "{\"movie_id\":\(movie),\"title\":\"\(title)\",\"genres\":[\"Drama\"]}")
    }

    func withdraw(_ movie: Int64) { produce(.movies, key: "\(movie)", value: nil) }

    func describe(_ user: Int64, age: Int) {
        produce(.users, key: "\(user)", value: "{\"user_id\":\(user),\"gender\":\"F\",\"age\":\(age),\"occupation\":3}")
    }

    func forget(_ user: Int64, timestamp: Int64? = nil) {
        produce(.users, key: "\(user)", value: nil, timestamp: timestamp)
    }

    func lists(of user: Int64) -> [RecommendationList] { published.filter { $0.userID == user }.compactMap(\.list) }
}

final class ModelSource: EventSource {
    private let broker: ModelBroker
    private var positions: [InputPartition: Int64] = [:]
    /// The most records that a poll hands out, to try other batch boundaries.
    var pollLimit = Int.max

    init(_ broker: ModelBroker) { self.broker = broker }

    func partitionCount(of topic: InputTopic) -> Int { broker.partitionCount(topic) }

    func bounds(of partition: InputPartition) throws -> Range<Int64> {
        (broker.beginnings[partition] ?? 0)..<Int64(broker.inputs[partition]?.count ?? 0)
    }

    func bounds(of partitions: [InputPartition]) throws -> [InputPartition: Range<Int64>] {
        try Dictionary(uniqueKeysWithValues: partitions.map { ($0, try bounds(of: $0)) })
    }

    func assign(_ positions: [InputPartition: Int64]) throws {
        self.positions = broker.beginnings.merging(positions) { $1 }
    }

    func poll(_ topics: InputTopics, limit: Int, waitMilliseconds: Int32, into batch: RecordBatch) throws {
        batch.removeAll()
        for partition in broker.inputs.keys.sorted() where topics.contains(partition.topic) {
            let room = min(limit, pollLimit) - batch.count
            if room <= 0 { return }
            let position = positions[partition] ?? 0
            let end = min(position + Int64(room), Int64(broker.inputs[partition]?.count ?? 0))
            take(partition, to: end, into: batch)
        }
    }

    func read(upTo cut: [RecordBatch.Segment], into batch: RecordBatch) throws {
        batch.removeAll()
        for segment in cut {
            let end = Int64(broker.inputs[segment.partition]?.count ?? 0)
            guard segment.nextOffset <= end else {
                throw SourceError.endedEarly(segment.partition, cut: segment.nextOffset, end: end)
            }
            let position = positions[segment.partition] ?? 0
            let beginning = broker.beginnings[segment.partition] ?? 0
            if position < min(beginning, segment.nextOffset) {
                throw SourceError.trimmed(segment.partition, position: position, beginning: beginning)
            }
            take(segment.partition, to: segment.nextOffset, into: batch)
        }
    }

    private func take(_ partition: InputPartition, to end: Int64, into batch: RecordBatch) {
        let position = positions[partition] ?? 0
        guard end > position, let records = broker.inputs[partition] else { return }
        let gone = broker.compacted[partition] ?? []
        let start = batch.count
        for offset in position..<end where !gone.contains(offset) {
            let record = records[Int(offset)]
            batch.records[batch.count] = RawRecord(
                key: record.key, value: record.value, offset: offset,
                timestampMilliseconds: record.timestampMilliseconds, partition: partition.partition,
                topic: partition.topic)
            batch.count += 1
        }
        batch.segments.append(
            RecordBatch.Segment(partition: partition, start: start, count: batch.count - start, nextOffset: end))
        positions[partition] = end
    }

    func headers(of record: RawRecord) -> [RecordHeader] {
        broker.inputs[InputPartition(record.topic, record.partition)]?[Int(record.offset)].headers ?? []
    }

    func release(_ batch: RecordBatch) {}
    func wakeUp() {}
    func close() {}
}

final class ModelSink: EventSink {
    private let broker: ModelBroker
    private var reports: [DeliveryReport] = []
    /// Whether what is sent is decoded and kept, or only counted.
    var keepsLists = true
    /// Throws at the n-th send or append from now, as a process that dies there.
    var failsAfter = Int.max

    struct Died: Error {}

    init(_ broker: ModelBroker) { self.broker = broker }

    private func step() throws {
        if failsAfter <= 0 { throw Died() }
        failsAfter -= 1
    }

    func send(_ chunk: OutputChunk, epoch: Int64) throws {
        try step()
        if keepsLists { try keep(chunk) }
        reports.append(.delivered(epoch: epoch, count: chunk.records.count))
    }

    private func keep(_ chunk: OutputChunk) throws {
        for record in chunk.records {
            let key = record.keyCount < 0 ? nil : Array(chunk.key(of: record))
            let value = record.valueCount < 0 ? nil : Array(chunk.value(of: record))
            switch record.kind {
            case .recommendation:
                broker.published.append(
                    ModelBroker.Published(
                        userID: Int64(String(decoding: key ?? [], as: UTF8.self)) ?? -1,
                        list: try value.map { bytes in try bytes.withUnsafeBytes { try RecommendationList(json: $0) } })
                )
            case .deadLetter:
                broker.deadLetters.append(
                    ModelBroker.DeadLetter(key: key, value: value, headers: chunk.headers[record.headers]))
            }
        }
    }

    func append(
        journalRecord: UnsafeRawBufferPointer, epoch: Int64, inputs: [InputPartition: Int64], storesOffsets: Bool
    ) throws {
        try step()
        if keepsLists { broker.journal.append(Array(journalRecord)) }
        reports.append(.journaled(epoch: epoch, offset: Int64(broker.journal.count) - 1))
    }

    let delivery = Delivery.atLeastOnce

    func open(whileWaiting: () throws -> Void) throws -> Int64 { Int64(broker.journal.count) }

    func poll(waitMilliseconds: Int32, _ handler: (DeliveryReport) -> Void) throws {
        for report in reports { handler(report) }
        reports.removeAll(keepingCapacity: true)
    }

    func close(waitMilliseconds: Int32) throws {}
}

final class ModelJournal: JournalLog {
    private let broker: ModelBroker

    init(_ broker: ModelBroker) { self.broker = broker }

    func bounds() throws -> Range<Int64> { broker.journalBeginning..<Int64(broker.journal.count) }

    @discardableResult
    func read(from offset: Int64, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void) throws -> Int64 {
        let end = max(Int(offset), broker.journal.count)
        for at in Int(offset)..<end {
            try broker.journal[at].withUnsafeBytes { try handler(Int64(at), $0) }
        }
        return Int64(end)
    }

    func follow(
        from offset: Int64, waitMilliseconds: Int32, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64 { try read(from: offset, handler) }
}

/// Leads alone, and keeps what offsets were stored.
final class ModelLeadership: Leadership {
    private let broker: ModelBroker
    private let sole = SoleLeadership()
    /// What the next poll says.
    var election: () throws -> Standing = { .leading }

    init(_ broker: ModelBroker) { self.broker = broker }

    func poll() throws -> Standing { try election() }
    var proof: any LeadershipProof { sole }
    func storeOffsets(_ positions: [InputPartition: Int64]) throws {
        // Its own copy, so that who stores may change his without a new one.
        for (partition, offset) in positions { broker.storedOffsets[partition] = offset }
    }
    func committedOffsets(of partitions: [InputPartition]) throws -> [InputPartition: Int64] { broker.storedOffsets }
    func release() {}
}

/// Time that passes only when it is told to, and a little with every look.
final class ModelClock: Clock {
    var nanoseconds: UInt64 = 1_000_000_000

    func wallMilliseconds() -> Int64 { 1_700_000_000_000 + Int64(nanoseconds / 1_000_000) }

    func monotonicNanoseconds() -> UInt64 {
        nanoseconds += 1000
        return nanoseconds
    }
}
