import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct CheckpointLogTests {
    private func log() throws -> KafkaCheckpointLog {
        try KafkaCheckpointLog(TestBroker.configuration(), topics: TestBroker.topics())
    }

    private func all(_ log: KafkaCheckpointLog) throws -> [(offset: Int64, key: CheckpointKey, value: [UInt8]?)] {
        var records: [(offset: Int64, key: CheckpointKey, value: [UInt8]?)] = []
        try log.read { records.append(($0, $1, $2.map { Array($0) })) }
        return records
    }

    @Test(.timeLimit(.minutes(1)))
    func `Pieces come back in order, with their offsets, and the newest is looked at alone`() throws {
        let log = try log()
        #expect(try all(log).isEmpty && log.last() == nil && log.end() == 0)
        for piece in 0..<20 {
            let bytes = [UInt8](repeating: UInt8(piece), count: 400_000)
            try bytes.withUnsafeBytes { try log.append(CheckpointKey(epoch: 7, piece: piece), $0) }
        }
        try log.flush()
        #expect(try log.end() == 20)
        let records = try all(log)
        #expect(records.map(\.key) == (0..<20).map { CheckpointKey(epoch: 7, piece: $0) })
        #expect(records.map(\.offset) == Array(0..<20))
        for (piece, record) in records.enumerated() {
            #expect(record.value == [UInt8](repeating: UInt8(piece), count: 400_000))
        }
        #expect(try log.last()?.key == CheckpointKey(epoch: 7, piece: 19))

        try log.append(CheckpointKey(epoch: 7, piece: 3), nil)
        try log.flush()
        let last = try #require(try log.last())
        #expect(last.key == CheckpointKey(epoch: 7, piece: 3) && last.value == nil)
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `What was trimmed is gone at once`() throws {
        let log = try log()
        for piece in 0..<10 {
            try [UInt8(piece)].withUnsafeBytes { try log.append(CheckpointKey(epoch: 1, piece: piece), $0) }
        }
        try log.flush()
        try log.trim(before: 6)
        #expect(try all(log).map(\.offset) == [6, 7, 8, 9])
        #expect(try log.last()?.key == CheckpointKey(epoch: 1, piece: 9))
        try log.trim(before: 10)
        #expect(try all(log).isEmpty && log.last() == nil)
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `A topic that compaction alone may clear is left to it`() throws {
        let topics = KafkaTopics(prefix: "", applicationID: "compact\(UInt64.random(in: 0 ... .max))")
        try TestBroker.createTopic(topics.checkpoints, partitions: 1, settings: ["cleanup.policy": "compact"])
        let log = try KafkaCheckpointLog(TestBroker.configuration(), topics: topics)
        for piece in 0..<4 {
            try [UInt8(piece)].withUnsafeBytes { try log.append(CheckpointKey(epoch: 1, piece: piece), $0) }
        }
        try log.flush()
        try log.trim(before: 2)
        try log.trim(before: 3)
        #expect(try all(log).count == 4)
    }

    @Test(.timeLimit(.minutes(1)))
    func `Without its topic nothing is found and nothing can be written`() throws {
        let topics = KafkaTopics(prefix: "", applicationID: "none\(UInt64.random(in: 0 ... .max))")
        let log = try KafkaCheckpointLog(TestBroker.configuration(), topics: topics)
        #expect(try all(log).isEmpty && log.last() == nil)
        if TestBroker.isApacheKafka {
            #expect(throws: KafkaError.topicMissing(topics.checkpoints)) {
                try log.append(CheckpointKey(epoch: 1, piece: 0), nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `Only the embedded broker keeps no checkpoints`() throws {
        let topics = try TestBroker.topics()
        let log = try KafkaCheckpointLog.open(TestBroker.configuration(), topics: topics)
        #expect((log != nil) == TestBroker.isApacheKafka)
    }
}
