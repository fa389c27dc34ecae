import Events
import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct EventSinkTests {
    @Test(.timeLimit(.minutes(1)))
    func `Reports count each commit's records and give the journal's offsets in order`() throws {
        let topics = try TestBroker.topics(ratings: 3)
        let sink = try openSink(TestBroker.configuration(), topics)
        try sink.send(chunk(40), epoch: 1)
        try sink.send(chunk(2, kind: .deadLetter), epoch: 1)
        try sink.send(chunk(7), epoch: 2)
        let delivered = try reports(sink) { all in
            all.reduce(0) { if case .delivered(_, let count) = $1 { $0 + count } else { $0 } } == 49
        }
        var counts: [Int64: Int] = [:]
        for case .delivered(let epoch, let count) in delivered { counts[epoch, default: 0] += count }
        #expect(counts == [1: 42, 2: 7])
        try appendJournal(sink, "one", epoch: 1)
        try appendJournal(sink, "two", epoch: 2)
        let journaled = try reports(sink) { $0.count == 2 }
        #expect(journaled == [.journaled(epoch: 1, offset: 0), .journaled(epoch: 2, offset: 1)])
        #expect(sink.pendingCount == 0 && sink.journalEnd == 2)
        try sink.close(waitMilliseconds: 5_000)

        // A sink that is opened later goes on at the end.
        let second = try openSink(TestBroker.configuration(), topics)
        #expect(second.journalEnd == 2)
        try second.close(waitMilliseconds: 5_000)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Lists carry key, null values, the standard header and murmur2's partition`() throws {
        let topics = try TestBroker.topics(ratings: 5)
        let sink = try openSink(TestBroker.configuration(), topics)
        let lists = chunk(20)
        lists.records[3].valueCount = -1
        try sink.send(lists, epoch: 1)
        try sink.close(waitMilliseconds: 10_000)
        var records: [KafkaRecord] = []
        let reader = try KafkaTopicReader(TestBroker.configuration(), topic: topics.recommendations, from: .beginning)
        try reader.readToEnd { records.append($0.copy()) }
        #expect(records.count == 20)
        let json = RecordHeader(name: "content-type", value: Array("application/json".utf8))
        for record in records {
            let key = try #require(record.key)
            #expect(record.headers == [json])
            #expect(record.partition == Int32(javaMurmur2(key) & 0x7fff_ffff) % 5)
            #expect((record.value == nil) == (key == Array("3".utf8)))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A second writer in the journal is found by the offset`() throws {
        let topics = try TestBroker.topics()
        let sink = try openSink(TestBroker.configuration(), topics)
        try appendJournal(sink, "mine", epoch: 1)
        #expect(try reports(sink) { !$0.isEmpty } == [.journaled(epoch: 1, offset: 0)])
        try produce(1, to: topics.journal, 0)
        try appendJournal(sink, "mine too", epoch: 2)
        #expect(throws: KafkaError.anotherLeaderWrote(topic: topics.journal, expected: 1, got: 2)) {
            _ = try reports(sink) { !$0.isEmpty }
        }
        #expect(throws: KafkaError.self) { try sink.close(waitMilliseconds: 1_000) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A full queue waits and drops nothing`() throws {
        let topics = try TestBroker.topics(ratings: 2)
        let configuration = try TestBroker.configuration(["queue.buffering.max.messages": "50"])
        let sink = try openSink(configuration, topics)
        for epoch in 1...Int64(4) { try sink.send(chunk(500), epoch: epoch) }
        try sink.close(waitMilliseconds: 20_000)
        var counts: [Int64: Int] = [:]
        sink.drainReports { if case .delivered(let epoch, let count) = $0 { counts[epoch, default: 0] += count } }
        #expect(counts == [1: 500, 2: 500, 3: 500, 4: 500])
        let reader = try KafkaTopicReader(TestBroker.configuration(), topic: topics.recommendations, from: .beginning)
        #expect(reader.ends.reduce(0, +) == 2000)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A report ends the source's wait`() throws {
        let topics = try TestBroker.topics()
        let source = try makeSource(topics)
        defer { source.close() }
        let sink = try openSink(TestBroker.configuration(), topics)
        sink.signal(to: source)
        try source.assign([:])
        let batch = RecordBatch(capacity: 8)
        for _ in 0..<5 { try source.poll(.all, limit: 8, waitMilliseconds: 200, into: batch) }
        for epoch in 1...Int64(5) {
            try sink.send(chunk(1), epoch: epoch)
            var got: [DeliveryReport] = []
            let wait = try ContinuousClock().measure {
                for _ in 0..<10 where got.isEmpty {
                    try source.poll(.all, limit: 8, waitMilliseconds: 5_000, into: batch)
                    try sink.poll(waitMilliseconds: 0) { got.append($0) }
                }
            }
            #expect(got == [.delivered(epoch: epoch, count: 1)])
            #expect(wait < .seconds(3))
        }
        try sink.close(waitMilliseconds: 5_000)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Group offsets are stored for lag tools`() async throws {
        let topics = try TestBroker.topics(ratings: 2)
        let offsets: [InputPartition: Int64] = [InputPartition(.ratings, 0): 17, InputPartition(.ratings, 1): 5]
        let leader = try GroupLeadership(TestBroker.configuration(), topics: topics, instanceID: "one")
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while try leader.poll() != .leading, clock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        try leader.storeOffsets(offsets)
        let partitions = [InputPartition(.movies, 0), InputPartition(.ratings, 0), InputPartition(.ratings, 1)]
        while try leader.committedOffsets(of: partitions) != offsets, clock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try leader.committedOffsets(of: partitions) == offsets)
        leader.release()
    }
}

/// The Java client's hash of a key, written after its source's description: MurmurHash2, seed 0x9747b28c.
private func javaMurmur2(_ data: [UInt8]) -> UInt32 {
    let multiplier: UInt32 = 0x5bd1_e995
    var hash = 0x9747_b28c ^ UInt32(data.count)
    var index = 0
    while index + 4 <= data.count {
        var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[index + $1]) << (8 * UInt32($1)) }
        word = word &* multiplier
        word ^= word >> 24
        hash = (hash &* multiplier) ^ (word &* multiplier)
        index += 4
    }
    let rest = data.count - index
    if rest > 0 {
        for position in 0..<rest { hash ^= UInt32(data[index + position]) << (8 * UInt32(position)) }
        hash = hash &* multiplier
    }
    hash ^= hash >> 13
    hash = hash &* multiplier
    return hash ^ hash >> 15
}
