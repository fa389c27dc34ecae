import Events
import Foundation
import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct EventSourceTests {
    @Test(.timeLimit(.minutes(1)))
    func `A batch comes in the order topic, partition, offset and moves every position`() throws {
        let topics = try TestBroker.topics(ratings: 3)
        try produce(5, to: topics.name(of: .movies), 0)
        try produce(4, to: topics.name(of: .users), 0)
        for partition in 0..<Int32(3) { try produce(10, to: topics.name(of: .ratings), partition) }
        let source = try makeSource(topics)
        defer { source.close() }
        #expect(source.partitionCount(of: .ratings) == 3)
        #expect(try source.bounds(of: InputPartition(.users, 0)) == 0..<4)
        try source.assign([InputPartition(.ratings, 1): 7])
        let batch = RecordBatch(capacity: 100)
        defer { source.release(batch) }
        var seen: [InputPartition: [Int64]] = [:]
        var positions: [InputPartition: Int64] = [:]
        for _ in 0..<40 where seen.values.reduce(0, { $0 + $1.count }) < 32 {
            try source.poll(.all, limit: 100, waitMilliseconds: 500, into: batch)
            #expect(batch.segments.map(\.partition) == batch.segments.map(\.partition).sorted())
            var next = 0
            for segment in batch.segments {
                #expect(segment.start == next)
                next += segment.count
                positions[segment.partition] = segment.nextOffset
                for index in segment.start..<segment.start + segment.count {
                    let record = batch.records[index]
                    #expect(record.topic == segment.partition.topic && record.partition == segment.partition.partition)
                    seen[segment.partition, default: []].append(record.offset)
                }
            }
            #expect(next == batch.count)
        }
        #expect(seen[InputPartition(.movies, 0)] == Array(0..<5))
        #expect(seen[InputPartition(.users, 0)] == Array(0..<4))
        #expect(seen[InputPartition(.ratings, 0)] == Array(0..<10))
        #expect(seen[InputPartition(.ratings, 1)] == Array(7..<10))
        #expect(seen[InputPartition(.ratings, 2)] == Array(0..<10))
        #expect(positions[InputPartition(.ratings, 1)] == 10)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Only the topics that are asked for are taken`() throws {
        let topics = try TestBroker.topics()
        try produce(3, to: topics.name(of: .movies), 0)
        try produce(3, to: topics.name(of: .ratings), 0)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        let first = try collect(source, 3, .movies)
        #expect(first.allSatisfy { $0.id.topic == .movies } && first.count == 3)
        #expect(try collect(source, 1, [.movies, .users], rounds: 2).isEmpty)
        #expect(try collect(source, 3).map(\.id.topic) == [.ratings, .ratings, .ratings])
    }

    @Test(.timeLimit(.minutes(1)))
    func `The room is shared fairly and what one partition leaves goes to the others`() throws {
        let topics = try TestBroker.topics(ratings: 3)
        let name = topics.name(of: .ratings)
        try produce(500, to: name, 0)
        try produce(10, to: name, 1)
        try produce(500, to: name, 2)
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        // Everything must lie ready before shares can be judged.
        #expect(source.waitUntilWaiting(1010))
        let batch = RecordBatch(capacity: 200)
        defer { source.release(batch) }
        // The ends of the empty topics wait like records, so they are taken first.
        try source.poll([.movies, .users], limit: 10, waitMilliseconds: 0, into: batch)
        try source.poll(.all, limit: 100, waitMilliseconds: 500, into: batch)
        try #require(batch.segments.count == 3)
        let counts = batch.segments.map(\.count)
        // Partition ends wait like records and may take places that then stay empty.
        #expect(counts[1] == 10)
        #expect(batch.count > 90 && batch.count <= 100)
        #expect(abs(counts[0] - counts[2]) <= 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `With less room than partitions they take turns`() throws {
        let topics = try TestBroker.topics(ratings: 4)
        for partition in 0..<Int32(4) { try produce(3, to: topics.name(of: .ratings), partition) }
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        #expect(source.waitUntilWaiting(12))
        let batch = RecordBatch(capacity: 8)
        defer { source.release(batch) }
        try source.poll([.movies, .users], limit: 8, waitMilliseconds: 0, into: batch)
        var taken: [Int32] = []
        for _ in 0..<4 {
            try source.poll(.all, limit: 1, waitMilliseconds: 500, into: batch)
            #expect(batch.count == 1)
            if batch.count > 0 { taken.append(batch.records[0].partition) }
        }
        #expect(taken.sorted() == [0, 1, 2, 3])
    }

    @Test(.timeLimit(.minutes(1)))
    func `An idle poll waits, and a record or a wake-up ends the wait`() throws {
        let topics = try TestBroker.topics()
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        let batch = RecordBatch(capacity: 8)
        // The first polls may end early for the partitions' ends.
        let idle = try (0..<10).map { _ in
            try ContinuousClock().measure { try source.poll(.all, limit: 8, waitMilliseconds: 300, into: batch) }
        }
        #expect(batch.count == 0 && idle[9] >= .milliseconds(290))

        source.wakeUp()
        let woken = try ContinuousClock().measure {
            try source.poll(.all, limit: 8, waitMilliseconds: 10_000, into: batch)
        }
        #expect(woken < .seconds(5))

        let name = topics.name(of: .ratings)
        let thread = Thread { try? produce(1, to: name, 0) }
        thread.start()
        var count = 0
        let arrival = try ContinuousClock().measure {
            for _ in 0..<10 where count == 0 {
                try source.poll(.all, limit: 8, waitMilliseconds: 5_000, into: batch)
                count = batch.count
            }
        }
        #expect(count == 1 && arrival < .seconds(4))
        source.release(batch)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Keys, values, nulls, headers and content types arrive as they were sent`() throws {
        let topics = try TestBroker.topics()
        let producer = try KafkaEventProducer(TestBroker.configuration())
        let topic = try producer.topic(topics.name(of: .users))
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        try producer.send(to: topic, (key: Array("1".utf8), value: nil))
        try producer.send(to: topic, (key: nil, value: Array("x".utf8)))
        let types = ["application/json", "application/x-protobuf", "text/plain", "Application/JSON; charset=utf-8"]
        for type in types {
            try producer.send(
                to: topic, key: none, value: none, timestampMilliseconds: 1_700_000_000_000,
                headers: [
                    RecordHeader(name: "trace", value: [1, 2]),
                    RecordHeader(name: "content-type", value: Array(type.utf8)),
                ])
        }
        try producer.flush(deadlineMilliseconds: 20_000)
        producer.close()
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        #expect(source.waitUntilWaiting(6))
        let batch = RecordBatch(capacity: 100)
        defer { source.release(batch) }
        try source.read(
            upTo: [RecordBatch.Segment(partition: InputPartition(.users, 0), start: 0, count: 6, nextOffset: 6)],
            into: batch)
        try #require(batch.count == 6)
        #expect(String(decoding: batch.records[0].key, as: UTF8.self) == "1")
        #expect(batch.records[0].value.baseAddress == nil)
        #expect(batch.records[0].timestampMilliseconds > 1_700_000_000_000)
        #expect(batch.records[1].key.baseAddress == nil && batch.records[1].value.first == UInt8(ascii: "x"))
        #expect(source.headers(of: batch.records[1]).isEmpty)
        #expect(
            (0..<6).map { batch.records[$0].contentType }
                == [.unspecified, .unspecified, .json, .protobuf, .other, .json])
        #expect(batch.records[4].timestampMilliseconds == 1_700_000_000_000)
        #expect(source.headers(of: batch.records[4]).map(\.name) == ["trace", "content-type"])
        #expect(source.headers(of: batch.records[4])[0].value == [1, 2])
    }

    @Test(.timeLimit(.minutes(1)))
    func `A missing topic is named`() throws {
        let topics = KafkaTopics(prefix: "missing\(UInt32.random(in: 0 ... .max))-", applicationID: "none")
        #expect(throws: KafkaError.topicMissing(topics.name(of: .movies))) {
            try KafkaEventSource(TestBroker.configuration(), topics: topics)
        }
    }
}

extension KafkaEventSource {
    /// Whether `count` messages (partition ends not counted) wait within ten seconds.
    func waitUntilWaiting(_ count: Int) -> Bool {
        for _ in 0..<200 {
            if waitingCount >= count + partitionTotal { return true }
            usleep(50_000)
        }
        return false
    }

    private var partitionTotal: Int { InputTopic.allCases.reduce(0) { $0 + partitionCount(of: $1) } }
}
