import CMallocCounter
import Events
import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct AllocationTests {
    @Test(.timeLimit(.minutes(1)), .enabled(if: cmal_active() != 0))
    func `A poll of many records and an idle poll allocate nothing`() throws {
        let topics = try TestBroker.topics(ratings: 2)
        for partition in 0..<Int32(2) { try produce(4000, to: topics.name(of: .ratings), partition) }
        let source = try makeSource(topics)
        defer { source.close() }
        try source.assign([:])
        #expect(source.waitUntilWaiting(8000))
        let batch = RecordBatch(capacity: 512)
        defer { source.release(batch) }
        try source.poll(.all, limit: 512, waitMilliseconds: 100, into: batch)
        var records = 0
        cmal_start()
        for _ in 0..<10 {
            try source.poll(.all, limit: 512, waitMilliseconds: 100, into: batch)
            records += batch.count
        }
        let whileReading = cmal_stop()
        #expect(records == 5120)
        #expect(whileReading == 0)
        while batch.count > 0 { try source.poll(.all, limit: 512, waitMilliseconds: 100, into: batch) }
        cmal_start()
        for _ in 0..<20 { try source.poll(.all, limit: 512, waitMilliseconds: 1, into: batch) }
        #expect(cmal_stop() == 0)
    }
}
