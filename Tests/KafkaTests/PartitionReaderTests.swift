import CRdKafka
import Events
import KafkaTestSupport
import Streaming
import Testing

@testable import Kafka

@Suite struct PartitionReaderTests {
    /// A fetch that is repeated brings records again that were handed out.
    @Test func recordsBelowThePositionArePassedOver() throws {
        let topics = try TestBroker.topics()
        let name = topics.name(of: .movies)
        try produce(6, to: name, 0)
        let configuration = try TestBroker.configuration()
        let client = try KafkaClient(
            .consumer,
            configuration.propertySet(
                defaults: KafkaConfiguration.consumerDefaults,
                required: [("group.id", "reader"), ("enable.auto.commit", "false"), ("enable.partition.eof", "true")]),
            configuration)
        defer { client.close() }
        let queue = try client.partitionQueue(0, of: name)
        let list = PartitionList(capacity: 1)
        list.add(name, 0, offset: 0)
        #expect(rd_kafka_assign(client.handle, list.handle) == RD_KAFKA_RESP_ERR_NO_ERROR)
        let reader = PartitionReader(InputPartition(.movies, 0), topicName: name, queue, fullCount: 1000)
        defer { reader.close() }
        reader.move(to: 4)
        let batch = RecordBatch(capacity: 16)
        var offsets: [Int64] = []
        for _ in 0..<400 where reader.endSeen < 0 {
            let first = batch.count
            _ = reader.take(16 - first, below: .max, into: batch)
            offsets += (first..<batch.count).map { batch.records[$0].offset }
            rd_kafka_poll(client.handle, 25)
        }
        #expect(offsets == [4, 5])
        #expect(reader.position == 6)
    }
}
