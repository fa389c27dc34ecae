import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Streaming
import Testing

/// Transaction markers take offsets and never come as records. The transactions here are kcat's.
@Suite(.serialized, .enabled(if: TestBroker.isApacheKafka && FileManager.default.isExecutableFile(atPath: kcatPath)))
struct TransactionMarkerTests {
    @Test(.timeLimit(.minutes(1)))
    func `Positions and ends reach over markers`() throws {
        let topics = try TestBroker.topics()
        try produceInTransaction("a\nb\nc\n", to: topics.name(of: .ratings))
        try produceInTransaction("d\n", to: topics.name(of: .ratings))
        let ratings = InputPartition(.ratings, 0)
        let source = try makeSource(topics)
        defer { source.close() }
        #expect(try source.bounds(of: ratings) == 0..<6)
        try source.assign([:])
        let batch = RecordBatch(capacity: 3)
        defer { source.release(batch) }
        // The cut lies behind the marker at offset 3, and the batch is full before it is reached.
        try source.read(
            upTo: [RecordBatch.Segment(partition: ratings, start: 0, count: 3, nextOffset: 4)], into: batch)
        #expect(batch.values == ["a", "b", "c"])
        #expect(batch.segments.map(\.nextOffset) == [4])
        // The log ends with a marker: only the partition's end tells.
        try source.read(
            upTo: [RecordBatch.Segment(partition: ratings, start: 0, count: 1, nextOffset: 6)], into: batch)
        #expect(batch.values == ["d"] && batch.segments.map(\.nextOffset) == [6])

        try source.assign([:])
        var position: Int64 = 0
        var count = 0
        for _ in 0..<40 where position < 6 {
            try source.poll(.all, limit: 3, waitMilliseconds: 500, into: batch)
            count += batch.count
            for segment in batch.segments where segment.partition == ratings { position = segment.nextOffset }
        }
        #expect(position == 6 && count == 4)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A journal of transactions is read to its end`() throws {
        let topics = try TestBroker.topics()
        for epoch in 1...3 { try produceInTransaction("epoch \(epoch)\n", to: topics.journal) }
        let log = try KafkaJournalLog(TestBroker.configuration(), topics: topics)
        #expect(try log.bounds() == 0..<6)
        var records: [String] = []
        try log.read(from: 0) { records.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
        #expect(records == ["0 epoch 1", "2 epoch 2", "4 epoch 3"])
        try log.read(from: 5) { _, _ in Issue.record("only a marker lies there") }
    }

    /// Returns when the marker is written too: after the answer to a commit it may still be on its way, and the next
    /// transaction's records would come before it.
    private func produceInTransaction(_ lines: String, to topic: String) throws {
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        let marker = try admin.bounds(of: topic, 0).upperBound + Int64(lines.split(separator: "\n").count)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: kcatPath)
        process.arguments = [
            "-P", "-b", try TestBroker.servers(), "-t", topic, "-X",
            "transactional.id=test\(UInt64.random(in: 0 ... .max))",
        ]
        let input = Pipe()
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
        try input.fileHandleForWriting.close()
        let end = Date().addingTimeInterval(20)
        while process.isRunning, Date() < end { usleep(20_000) }
        if process.isRunning { process.terminate() }
        #expect(!process.isRunning && process.terminationStatus == 0)
        #expect(try eventually(seconds: 10) { try admin.bounds(of: topic, 0).upperBound > marker })
    }
}

private let kcatPath = "/usr/bin/kcat"
