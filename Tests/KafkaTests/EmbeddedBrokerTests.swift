import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct EmbeddedBrokerTests {
    @Test(.timeLimit(.minutes(1)))
    func `It serves a topic on a chosen port and is gone after stop`() throws {
        let port = try FreePorts.one()
        let broker = try EmbeddedBroker(port: port)
        defer { broker.stop() }
        #expect(broker.bootstrapServers == "127.0.0.1:\(port)")
        try broker.createTopic("films", partitions: 2)
        try broker.createTopic("films", partitions: 2)
        let configuration = try KafkaConfiguration(bootstrapServers: broker.bootstrapServers)
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        #expect(try admin.isEmbeddedBroker())
        let films = KafkaTopicDescription(name: "films", partitions: 2, replication: 1, settings: [:])
        #expect(try admin.describe(["films", "shows"]) == ["films": films])
        let producer = try KafkaEventProducer(configuration, lingerMilliseconds: 0)
        let topic = try producer.topic("films")
        for number in 0..<100 {
            try producer.send(to: topic, (key: Array("\(number)".utf8), value: Array("film".utf8)))
        }
        try producer.flush(deadlineMilliseconds: 10_000)
        #expect(producer.deliveredCount == 100)
        producer.close()
        var count = 0
        let reader = try KafkaTopicReader(configuration, topic: "films", from: .last(5))
        try reader.readToEnd { _ in count += 1 }
        #expect(count == 10)

        #expect(throws: KafkaError.self) { try EmbeddedBroker(port: port) }
        broker.stop()
        let later = try KafkaAdmin(configuration)
        defer { later.close() }
        #expect(throws: KafkaError.self) { try later.checkReachable(deadlineMilliseconds: 800) }
    }
}
