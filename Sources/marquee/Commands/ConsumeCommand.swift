import CommandLineOptions
import Events
import Foundation
import Kafka

/// `marquee consume`: the lists as they are published, as a table or as the topic's documents.
enum ConsumeCommand {
    static func run(_ invocation: Invocation) throws -> Int32 {
        let place = try start(invocation)
        let stop = StopSignal()
        let connection = try ConnectionOptions(invocation)
        let wantedUser = invocation.int(ifSet: "user").map { Array(String($0).utf8) }
        let limit = invocation.int(ifSet: "count") ?? .max
        let asJSON = try invocation.string("output") == "json"
        let reader: KafkaTopicReader
        do {
            let topic = connection.topics.recommendations
            var from = place
            if case .last(let count) = place {
                from = try KafkaTopicReader.start(ofLast: count, connection.configuration, topic: topic)
            }
            reader = try KafkaTopicReader(connection.configuration, topic: topic, from: from)
        } catch KafkaError.topicMissing(let topic) {
            throw connection.missing(topic)
        }
        let line = ByteBuffer()
        var shown = 0
        while shown < limit && !stop.isSet {
            try reader.poll(waitMilliseconds: 200) { record in
                if shown >= limit { return }
                if let wantedUser, !record.key.elementsEqual(wantedUser) { return }
                shown += 1
                if asJSON {
                    line.removeAll()
                    show(record, json: line)
                } else {
                    show(record)
                }
            }
        }
        return stop.isSet && shown < limit ? ExitCode.interrupted : ExitCode.done
    }

    /// The document as it is; a tombstone, which has none, as its key and a null list.
    private static func show(_ record: KafkaTopicReader.BorrowedRecord, json line: ByteBuffer) {
        if record.value.baseAddress == nil {
            line.append("{\"user_id\":")
            line.append(record.key)
            line.append(",\"items\":null}")
        } else {
            line.append(record.value)
        }
        line.append(UInt8(ascii: "\n"))
        Terminal.print(bytes: line.bytes)
    }

    private static func show(_ record: KafkaTopicReader.BorrowedRecord) {
        let user = String(decoding: record.key, as: UTF8.self)
        if record.value.baseAddress == nil {
            Terminal.print("user \(user): forgotten\n")
            return
        }
        guard let list = try? RecommendationList(json: record.value) else {
            Terminal.print("user \(user): a document that is no list of this version\n")
            return
        }
        Terminal.print(ListTable.text(list) + "\n")
    }

    private static func start(_ invocation: Invocation) throws -> KafkaTopicReader.Start {
        let place = try invocation.string("from")
        if place == "earliest" { return .beginning }
        if place == "latest" { return .end }
        if place.hasPrefix("ts="), let seconds = Double(place.dropFirst(3)), seconds >= 0, seconds < 1e11 {
            return .timestamp(Int64(seconds * 1000))
        }
        if place.hasPrefix("last="), let count = Int64(place.dropFirst(5)), count > 0 { return .last(count) }
        throw invocation.error("from", expected: "earliest, latest, ts=EPOCH_SECONDS or last=N")
    }
}
