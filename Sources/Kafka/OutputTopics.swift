import CRdKafka
import Streaming

/// The topics that commits are published to, as handles of one producer, and how their records look there.
final class OutputTopics {
    let recommendations: TopicHandle
    let deadLetters: TopicHandle
    let journal: TopicHandle
    /// Of a list; a dead letter brings its own.
    private let listHeaders: OpaquePointer?

    init(_ client: KafkaClient, _ topics: KafkaTopics) throws {
        recommendations = try client.topic(topics.recommendations)
        deadLetters = try client.topic(topics.deadLetters)
        journal = try client.topic(topics.journal)
        listHeaders = rd_kafka_headers_new(1)
        rd_kafka_header_add(listHeaders, "content-type", -1, "application/json", -1)
    }

    deinit { rd_kafka_headers_destroy(listHeaders) }

    func topic(of record: OutputChunk.Record) -> TopicHandle {
        record.kind == .recommendation ? recommendations : deadLetters
    }

    /// The headers that a record goes out with, owned by the caller; nil for none.
    func headers(of record: OutputChunk.Record, in chunk: OutputChunk) -> OpaquePointer? {
        if record.headers >= 0 { return makeHeaders(chunk.headers[record.headers]) }
        return record.kind == .recommendation ? rd_kafka_headers_copy(listHeaders) : nil
    }
}
