import Events
import Kafka
import KafkaTestSupport
import Streaming
import Testing

/// Sends `count` small ratings to one partition and waits until the broker has them.
func produce(_ count: Int, to topic: String, _ partition: Int32, from first: Int = 0) throws {
    let producer = try KafkaEventProducer(TestBroker.configuration(), lingerMilliseconds: 0)
    defer { producer.close() }
    let handle = try producer.topic(topic)
    for number in first..<first + count {
        try producer.send(
            to: handle, (key: Array("\(number)".utf8), value: Array("\(topic):\(partition):\(number)".utf8)),
            partition: partition)
    }
    try producer.flush(deadlineMilliseconds: 20_000)
}

func makeSource(_ topics: KafkaTopics) throws -> KafkaEventSource {
    let source = try KafkaEventSource(TestBroker.configuration(), topics: topics)
    source.patience.replay = 10_000
    return source
}

extension RecordBatch {
    var values: [String] {
        (0..<count).map { String(decoding: records[$0].value, as: UTF8.self) }
    }
}

/// Polls until `count` records came, at most `rounds` times half a second.
func collect(
    _ source: KafkaEventSource, _ count: Int, _ topics: InputTopics = .all, limit: Int = 1000, rounds: Int = 40
) throws -> [(id: InputPartition, offset: Int64)] {
    let batch = RecordBatch(capacity: limit)
    defer { source.release(batch) }
    var result: [(id: InputPartition, offset: Int64)] = []
    for _ in 0..<rounds where result.count < count {
        try source.poll(topics, limit: limit, waitMilliseconds: 500, into: batch)
        for index in 0..<batch.count {
            let record = batch.records[index]
            result.append((InputPartition(record.topic, record.partition), record.offset))
        }
    }
    return result
}

/// Polls until something came that ends the wait, at most 20 seconds.
func reports(_ sink: KafkaEventSink, until isDone: ([DeliveryReport]) -> Bool) throws -> [DeliveryReport] {
    var result: [DeliveryReport] = []
    for _ in 0..<200 where !isDone(result) {
        try sink.poll(waitMilliseconds: 100) { result.append($0) }
    }
    return result
}

func chunk(_ count: Int, kind: OutputKind = .recommendation, bytes: Int = 16) -> OutputChunk {
    let chunk = OutputChunk()
    for number in 0..<count {
        let keyStart = chunk.bytes.count
        chunk.bytes.append(utf8: "\(number)")
        let keyCount = chunk.bytes.count - keyStart
        let valueStart = chunk.bytes.count
        chunk.bytes.append(utf8: String(repeating: "v", count: bytes))
        chunk.records.append(
            OutputChunk.Record(
                kind: kind, keyStart: keyStart, keyCount: keyCount, valueStart: valueStart, valueCount: bytes,
                headers: -1))
    }
    return chunk
}

func appendJournal(_ sink: KafkaEventSink, _ text: String, epoch: Int64) throws {
    try Array(text.utf8).withUnsafeBytes {
        try sink.append(journalRecord: $0, epoch: epoch, inputs: [:], storesOffsets: true)
    }
}

/// A sink that may publish.
func openSink(_ configuration: KafkaConfiguration, _ topics: KafkaTopics) throws -> KafkaEventSink {
    let sink = try KafkaEventSink(configuration, topics: topics)
    _ = try sink.open {}
    return sink
}
