import Events
import Foundation
import Kafka
import KafkaTestSupport
import Streaming
import Testing

/// Kills a broker of its own under a source and a sink.
@Suite(.serialized, .enabled(if: ApacheKafka.home != nil))
struct BrokerRestartTests {
    @Test(.timeLimit(.minutes(2)))
    func `Source and sink go on after the broker was killed and started again`() throws {
        let home = try #require(ApacheKafka.home)
        let configuration = try KafkaConfiguration(bootstrapServers: ApacheKafka.start(home: home, name: "restart"))
        let topics = KafkaTopics(applicationID: "restart")
        let admin = try KafkaAdmin(configuration)
        let names = InputTopic.allCases.map { topics.name(of: $0) }
        let others = [topics.recommendations, topics.deadLetters, topics.journal]
        _ = try admin.create((names + others).map { NewKafkaTopic(name: $0, partitions: 1) })
        admin.close()
        let source = try KafkaEventSource(configuration, topics: topics)
        defer { source.close() }
        try source.assign([:])
        let sink = try openSink(configuration, topics)
        try sink.send(chunk(10), epoch: 1)
        try appendJournal(sink, "one", epoch: 1)
        #expect(try reports(sink) { $0.count >= 2 }.contains(.journaled(epoch: 1, offset: 0)))

        try ApacheKafka.kill(home: home, name: "restart")
        try sink.send(chunk(5), epoch: 2)
        try appendJournal(sink, "two", epoch: 2)
        let batch = RecordBatch(capacity: 16)
        // Nothing throws while the broker is away: librdkafka keeps trying.
        for _ in 0..<5 {
            try source.poll(.all, limit: 16, waitMilliseconds: 100, into: batch)
            try sink.poll(waitMilliseconds: 0) { _ in Issue.record("nobody can have acknowledged anything") }
        }
        _ = try ApacheKafka.start(home: home, name: "restart")
        var all: [DeliveryReport] = []
        for _ in 0..<300 where sink.pendingCount > 0 { try sink.poll(waitMilliseconds: 100) { all.append($0) } }
        #expect(
            Set(all.map { "\($0)" })
                == Set([
                    "\(DeliveryReport.delivered(epoch: 2, count: 5))",
                    "\(DeliveryReport.journaled(epoch: 2, offset: 1))",
                ]))
        let producer = try KafkaEventProducer(configuration)
        try producer.send(to: producer.topic(topics.name(of: .ratings)), (key: [1], value: [2]))
        try producer.flush()
        producer.close()
        #expect(try collect(source, 1).map(\.offset) == [0])
        try sink.close(waitMilliseconds: 5_000)
        try ApacheKafka.kill(home: home, name: "restart")
    }
}
