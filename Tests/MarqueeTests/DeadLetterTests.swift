import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Streaming
import Testing

extension ProcessTests {
    struct DeadLetterTests {
        private struct Record {
            var topic: InputTopic
            var key: [UInt8]?
            var value: [UInt8]?
            var headers: [RecordHeader] = []
            /// Nil for a good record.
            var code: RejectionCode?
            var field = ""

            init(
                _ topic: InputTopic, _ key: String?, _ value: String?, _ code: RejectionCode? = nil,
                _ field: String = "",
                headers: [RecordHeader] = []
            ) {
                self.topic = topic
                self.key = key.map { Array($0.utf8) }
                self.value = value.map { Array($0.utf8) }
                self.headers = headers
                self.code = code
                self.field = field
            }
        }

        private static let longText = String(repeating: "x", count: 70_000)
        private static let future = Int(Date().timeIntervalSince1970) + 3600

        /// In each topic every code that can occur there, with good records between.
        private static let records: [Record] = [
            Record(.movies, "1", #"{"movie_id":1,"title":"One (1991)","genres":["Drama"]}"#),
            Record(.movies, "2", "no JSON", .malformed),
            Record(.movies, "2", #"{"movie_id":2,"title":17}"#, .malformed, "title"),
            Record(
                .movies, "2", #"{"movie_id":2,"title":"Two","schema_version":2}"#, .unknownVersion, "schema_version"),
            Record(.movies, "2", #"{"movie_id":2,"title":""# + longText + #""}"#, .tooLarge),
            Record(.movies, "2", #"{"movie_id":2}"#, .missingField, "title"),
            Record(.movies, "2", #"{"title":"Two"}"#, .missingField, "movie_id"),
            Record(.movies, "2", #"{"movie_id":2,"title":"Two","year":3000}"#, .outOfRange, "year"),
            Record(.movies, "3", #"{"movie_id":2,"title":"Two"}"#, .keyMismatch, "movie_id"),
            Record(.movies, nil, nil, .keyMismatch, "movie_id"),
            Record(.movies, "two", nil, .keyMismatch, "movie_id"),
            Record(.movies, nil, #"{"movie_id":4,"title":"Four, without a key (1994)"}"#),
            Record(.movies, "5", #"{"movie_id":5,"title":"Five"}"#),

            Record(.users, "1", #"{"user_id":1,"gender":"F","age":25}"#),
            Record(.users, "1", #"{"user_id":1"#, .malformed),
            Record(.users, "1", #"{"user_id":1,"schema_version":"2.0"}"#, .unknownVersion, "schema_version"),
            Record(.users, "1", #"{"user_id":1,"zip":""# + longText + #""}"#, .tooLarge),
            Record(.users, "1", #"{"gender":"M"}"#, .missingField, "user_id"),
            Record(.users, "1", #"{"user_id":1,"age":200}"#, .outOfRange, "age"),
            Record(.users, "7", #"{"user_id":1,"age":20}"#, .keyMismatch, "user_id"),
            Record(.users, nil, nil, .keyMismatch, "user_id"),

            Record(.ratings, "1", #"{"user_id":1,"movie_id":1,"rating":4.5,"event_id":"good-1"}"#),
            Record(.ratings, "1", "", .malformed),
            Record(
                .ratings, "1", #"{"user_id":1,"movie_id":1,"rating":"good"}"#, .malformed, "rating",
                headers: [
                    RecordHeader(name: "traceparent", value: Array("00-1-2-01".utf8)),
                    RecordHeader(name: "binary", value: [0, 255, 10, 0]),
                    RecordHeader(name: "binary", value: []),
                ]),
            Record(
                .ratings, "1", #"{"user_id":1,"movie_id":1,"rating":3}"#, .malformed,
                headers: [RecordHeader(name: "content-type", value: Array("text/csv".utf8))]),
            Record(.ratings, "1", "\u{0}\u{0}\u{0}\u{0}\u{7}{}", .malformed),
            Record(
                .ratings, "1", #"{"user_id":1,"movie_id":1,"rating":3,"schema_version":9}"#, .unknownVersion,
                "schema_version"),
            Record(
                .ratings, "1", #"{"user_id":1,"movie_id":1,"rating":3,"note":""# + longText + #""}"#, .tooLarge),
            Record(.ratings, "1", #"{"user_id":1,"rating":3}"#, .missingField, "movie_id"),
            Record(.ratings, "1", #"{"user_id":1,"movie_id":1}"#, .missingField, "rating"),
            Record(.ratings, "1", #"{"user_id":1,"movie_id":1,"rating":5.5}"#, .outOfRange, "rating"),
            Record(.ratings, "1", #"{"user_id":1,"movie_id":1,"rating":3.3}"#, .outOfRange, "rating"),
            Record(.ratings, "1", #"{"user_id":1,"movie_id":1,"rating":NaN}"#, .outOfRange, "rating"),
            Record(.ratings, "0", #"{"user_id":0,"movie_id":1,"rating":3}"#, .outOfRange, "user_id"),
            Record(
                .ratings, "1", #"{"user_id":1,"movie_id":1,"rating":3,"event_time":\#(future)}"#, .outOfRange,
                "event_time"),
            Record(.ratings, "2", #"{"user_id":1,"movie_id":1,"rating":3}"#, .keyMismatch, "user_id"),
            Record(.ratings, "1", nil, .tombstoneNotAllowed),
            Record(.ratings, nil, nil, .tombstoneNotAllowed),
            Record(.ratings, nil, #"{"user_id":8,"movie_id":5,"rating":2,"event_id":"good-2"}"#),
            Record(.ratings, "1", #"{"user_id":1,"movie_id":4,"rating":0.5,"event_id":"good-3"}"#),
        ]

        @Test
        func `Each record that can't be used arrives once, as it was and with its reason`() throws {
            let application = try Application()
            let service = try application.serve()
            let sent = try send(application)
            let bad = sent.filter { $0.record.code != nil }
            let answered: Set<String?> = ["good-1", "good-2", "good-3"]
            let isAnswered = try eventually(seconds: 10) {
                let lists = try ListHistory(application).lists.values.flatMap { $0.values.map(\.list) }
                return Set(lists.flatMap { $0.causedBy.filter(\.isRating).map(\.eventID) }) == answered
            }
            #expect(isAnswered, "good records between bad ones have no list")
            application.stop(service)

            // After a stop everything that was read is delivered.
            let letters = try application.records(application.topics.deadLetters)
            #expect(letters.count == bad.count)
            var byPlace: [String: KafkaRecord] = [:]
            for letter in letters {
                let place = ["dlq.topic", "dlq.partition", "dlq.offset"].map { letter.text($0) ?? "" }
                #expect(byPlace.updateValue(letter, forKey: place.joined(separator: " ")) == nil, "\(place) came twice")
            }
            for (record, offset) in bad {
                let place = "\(application.topics.name(of: record.topic)) 0 \(offset)"
                let letter = try #require(byPlace[place], "\(place), \(record.code?.rawValue ?? "") is missing")
                check(letter, record, place)
            }
            let digest = try application.digest(state: application.stateFolder)
            #expect(digest.ratingsApplied == 3 && digest.users == 2)
            #expect(try application.digest() == digest)
        }

        private func check(_ letter: KafkaRecord, _ record: Record, _ place: String) {
            #expect(letter.key == record.key, "\(place)")
            let isCut = (record.value?.count ?? 0) > EventLimits.valueBytesMax
            #expect(letter.value == record.value.map { Array($0.prefix(EventLimits.valueBytesMax)) }, "\(place)")
            #expect(letter.text("dlq.value.cut") == (isCut ? "\(record.value?.count ?? 0) bytes" : nil), "\(place)")
            #expect(letter.text("dlq.error.code") == record.code?.rawValue, "\(place)")
            #expect(letter.text("dlq.error.field") == record.field, "\(place)")
            #expect(letter.text("dlq.error.message")?.isEmpty == false, "\(place)")
            #expect(letter.headers.filter { !$0.name.hasPrefix("dlq.") } == record.headers, "\(place)")
        }

        /// Sends all records, to the one partition of each topic; returns them with their offsets.
        private func send(_ application: Application) throws -> [(record: Record, offset: Int)] {
            let producer = try KafkaEventProducer(TestBroker.configuration(), lingerMilliseconds: 0)
            defer { producer.close() }
            var next: [InputTopic: Int] = [:]
            var sent: [(record: Record, offset: Int)] = []
            for record in Self.records {
                let topic = try producer.topic(application.topics.name(of: record.topic))
                try withBytes(record.key) { key in
                    try withBytes(record.value) { value in
                        try producer.send(to: topic, key: key, value: value, headers: record.headers)
                    }
                }
                sent.append((record, next[record.topic, default: 0]))
                next[record.topic, default: 0] += 1
            }
            try producer.flush(deadlineMilliseconds: 20_000)
            return sent
        }

        /// An empty array lends an address here: an empty value is not a null one.
        private func withBytes(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
            guard let bytes else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            try (bytes + [0]).withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
        }
    }
}

extension KafkaRecord {
    /// The header of a name as text.
    fileprivate func text(_ name: String) -> String? {
        headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}
