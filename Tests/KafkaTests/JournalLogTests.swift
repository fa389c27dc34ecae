import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct JournalLogTests {
    @Test(.timeLimit(.minutes(1)))
    func `The journal is read from an offset to its end, again and again`() throws {
        let topics = try TestBroker.topics()
        let log = try KafkaJournalLog(TestBroker.configuration(), topics: topics)
        #expect(try log.bounds() == 0..<0)
        try log.read(from: 0) { _, _ in Issue.record("an empty journal has no record") }
        try produce(300, to: topics.journal, 0)
        var offsets: [Int64] = []
        try log.read(from: 0) { offset, record in
            #expect(String(decoding: record, as: UTF8.self) == "\(topics.journal):0:\(offset)")
            offsets.append(offset)
        }
        #expect(offsets == Array(0..<300))
        offsets = []
        try log.read(from: 298) { offset, _ in offsets.append(offset) }
        #expect(offsets == [298, 299])
        try log.read(from: 300) { _, _ in Issue.record("nothing lies at the end") }
    }

    @Test(.timeLimit(.minutes(1)))
    func `An error of the handler ends the read`() throws {
        struct Stop: Error {}
        let topics = try TestBroker.topics()
        try produce(10, to: topics.journal, 0)
        let log = try KafkaJournalLog(TestBroker.configuration(), topics: topics)
        #expect(throws: Stop.self) { try log.read(from: 0) { offset, _ in if offset == 4 { throw Stop() } } }
    }
}
