import Events
import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct ReplayReadTests {
    private func segment(_ topic: InputTopic, _ partition: Int32, _ next: Int64) -> RecordBatch.Segment {
        RecordBatch.Segment(partition: InputPartition(topic, partition), start: 0, count: 0, nextOffset: next)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Batches end exactly at their cuts, over several partitions`() throws {
        let topics = try TestBroker.topics(ratings: 2)
        try produce(3, to: topics.name(of: .movies), 0)
        for partition in 0..<Int32(2) { try produce(50, to: topics.name(of: .ratings), partition) }
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([InputPartition(.ratings, 0): 5])
        let batch = RecordBatch(capacity: 64)
        defer { source.release(batch) }
        // Given out of order on purpose.
        try source.read(
            upTo: [segment(.ratings, 1, 20), segment(.movies, 0, 2), segment(.ratings, 0, 11)], into: batch)
        #expect(batch.segments.map(\.count) == [2, 6, 20])
        #expect(batch.segments.map(\.nextOffset) == [2, 11, 20])
        #expect((0..<batch.count).map { batch.records[$0].offset } == Array(0..<2) + Array(5..<11) + Array(0..<20))

        // An empty cut moves nothing; the next one goes on where the first ended.
        try source.read(upTo: [segment(.ratings, 0, 11)], into: batch)
        #expect(batch.count == 0 && batch.segments.isEmpty)
        try source.read(upTo: [segment(.ratings, 0, 50), segment(.ratings, 1, 21)], into: batch)
        #expect(batch.segments.map(\.count) == [39, 1])

        // What was read ahead of the cut is not lost to the live read.
        let rest = try collect(source, 30)
        #expect(rest.filter { $0.id == InputPartition(.ratings, 1) }.map(\.offset) == Array(21..<50))
        #expect(rest.filter { $0.id.topic == .movies }.map(\.offset) == [2])
    }

    @Test(.timeLimit(.minutes(1)))
    func `A log that ends before its cut is told from one that is slow`() throws {
        let topics = try TestBroker.topics()
        try produce(10, to: topics.name(of: .ratings), 0)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        let batch = RecordBatch(capacity: 64)
        defer { source.release(batch) }
        #expect(throws: SourceError.endedEarly(InputPartition(.ratings, 0), cut: 12, end: 10)) {
            try source.read(upTo: [segment(.ratings, 0, 12)], into: batch)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A position beyond the end is an error, not a jump`() throws {
        let topics = try TestBroker.topics()
        try produce(10, to: topics.name(of: .ratings), 0)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([InputPartition(.ratings, 0): 40])
        let batch = RecordBatch(capacity: 64)
        defer { source.release(batch) }
        #expect(throws: SourceError.endedEarly(InputPartition(.ratings, 0), cut: 40, end: 10)) {
            for _ in 0..<30 { try source.poll(.all, limit: 10, waitMilliseconds: 500, into: batch) }
        }
        // Moving back heals it.
        try source.assign([InputPartition(.ratings, 0): 8])
        #expect(try collect(source, 2).map(\.offset) == [8, 9])
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `A log that begins after the position is trimmed`() throws {
        let topics = try TestBroker.topics()
        let name = topics.name(of: .ratings)
        try produce(10, to: name, 0)
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        try admin.deleteRecords(of: name, 0, before: 6)
        #expect(try admin.bounds(of: name, 0) == 6..<10)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([InputPartition(.ratings, 0): 2])
        let batch = RecordBatch(capacity: 64)
        defer { source.release(batch) }
        #expect(throws: SourceError.trimmed(InputPartition(.ratings, 0), position: 2, beginning: 6)) {
            try source.read(upTo: [segment(.ratings, 0, 8)], into: batch)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A batch without enough room says so`() throws {
        let topics = try TestBroker.topics()
        try produce(10, to: topics.name(of: .ratings), 0)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        let batch = RecordBatch(capacity: 4)
        defer { source.release(batch) }
        #expect(throws: KafkaError.batchTooSmall(capacity: 4)) {
            try source.read(upTo: [segment(.ratings, 0, 8)], into: batch)
        }
        source.release(batch)
        try source.read(upTo: [segment(.ratings, 0, 8)], into: batch)
        #expect(batch.count == 4 && batch.segments.map(\.nextOffset) == [8])
    }
}
