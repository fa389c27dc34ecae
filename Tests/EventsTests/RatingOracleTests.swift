import Foundation
import Testing

@testable import Events

/// The decoder against Foundation's parser, and its two ways of reading against each other.
struct RatingOracleTests {
    @Test func validDocumentsAreReadAsFoundationReadsThem() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let document = RandomJSON.rating(&generator)
            let row: Row
            switch Records.rating(document.text, key: String(document.userID)) {
            case .success(let decoded): row = decoded
            case .failure(let rejection):
                Issue.record("seed \(seed): \(document.text): \(rejection)")
                continue
            }
            #expect(row.userID == document.userID, "seed \(seed): \(document.text)")
            #expect(row.movieID == document.movieID, "seed \(seed): \(document.text)")
            #expect(row.halfStars == document.halfStars, "seed \(seed): \(document.text)")
            #expect(row.operation == (document.isRemoval ? 1 : 0), "seed \(seed): \(document.text)")
            #expect(row.eventTime == document.eventTime ?? Records.timestamp, "seed \(seed): \(document.text)")
            #expect(row.eventID == document.eventID, "seed \(seed): \(document.text)")
            #expect(Oracle.complaint(Array(document.text.utf8), row) == nil, "seed \(seed): \(document.text)")
        }
    }

    /// 200,000 inputs: no crash, no invented event, no trace of a rejected one.
    @Test func brokenDocumentsInventNothing() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        // Documents cost more to make than to mutate, so each serves a few times.
        let documents = (0..<5_000).map { _ in Array(RandomJSON.rating(&generator).text.utf8) }
        var accepted = 0
        for index in 0..<200_000 {
            let bytes = index % 8 == 0 ? noise(&generator) : mutated(documents, &generator)
            switch Records.rating(bytes, key: nil) {
            case .success(let row):
                accepted += 1
                let complaint = Oracle.complaint(bytes, row)
                #expect(complaint == nil, "seed \(seed): \(complaint ?? "") \(String(decoding: bytes, as: UTF8.self))")
            case .failure(let rejection):
                #expect(!rejection.message.hasPrefix("THE BATCH"), "seed \(seed): \(bytes)")
            }
            if index % 4 == 0 {
                // The same bytes where a movie or a user is expected: only that nothing crashes.
                Records.with(.movies, bytes, key: nil) { _ = MovieDecoder().decode($0) }
                Records.with(.users, bytes, key: nil) { _ = UserDecoder().decode($0) }
            }
        }
        // Else the mutations are too coarse to try anything.
        #expect(10_000...190_000 ~= accepted, "seed \(seed): \(accepted)")
    }

    /// Whatever the fast pass takes, the careful pass takes too and reads the same; and most documents in the usual
    /// form do go through the fast one.
    @Test func bothPassesReadTheSame() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let documents = (0..<5_000).map { _ in Array(RandomJSON.rating(&generator, isPlain: true).text.utf8) }
        var fast = 0
        for index in 0..<60_000 {
            let bytes = index < documents.count ? documents[index] : mutated(documents, &generator)
            let isKeyed = Int.random(in: 0..<8, using: &generator) == 0
            let key = isKeyed ? Array("\(Int.random(in: 1...30, using: &generator))".utf8) : nil
            Records.with(.ratings, bytes, key: key) { record in
                var scanned = ScannedRating()
                guard RatingScan.scan(record, into: &scanned) else { return }
                fast += 1
                let careful = try? ScannedRating(reading: record)
                #expect(careful == scanned, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(fast > 5_000, "seed \(seed)")
        for text in [
            #"{"user_id":1,"movie_id":1193,"rating":5,"event_time":978300760,"event_id":"123"}"#,
            #"{"user_id": 1, "movie_id": 1193, "rating": 4.5, "event_time": "2000-12-31T22:12:40Z", "source": "web"}"#,
            #"{"movie_id":1193,"op":"REMOVE","user_id":1}"#,
        ] {
            Records.with(.ratings, Array(text.utf8), key: [UInt8(ascii: "1")]) { record in
                var scanned = ScannedRating()
                #expect(RatingScan.scan(record, into: &scanned), "\(text)")
            }
        }
    }

    private func noise(_ generator: inout SeededGenerator) -> [UInt8] {
        let alphabet = Array("{}[]\":,.-+eE0123456789 \\untrl\u{0}\u{7f}é".utf8)
        let isText = Bool.random(using: &generator)
        return (0..<Int.random(in: 0...80, using: &generator)).map { _ in
            isText ? alphabet.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...255, using: &generator)
        }
    }

    private func mutated(_ documents: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = documents.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...2, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            let structural = Array("{}[]\":,.-e0123456789 \\".utf8).randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(structural, at: place)
            case 3: bytes[place] = structural
            case 4: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &generator))
            case 5: bytes.removeLast(Int.random(in: 0...3, using: &generator) % bytes.count)
            case 6: bytes.insert(UInt8(ascii: " "), at: place)
            default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
        }
        return bytes
    }
}

/// What Foundation finds in a document that the decoder took.
enum Oracle {
    /// Says where the row and the document differ, or nil. Documents with duplicate keys, for which Foundation keeps
    /// whichever it likes, are only parsed.
    static func complaint(_ bytes: [UInt8], _ row: Row) -> String? {
        guard let object = parsed(bytes) ?? parsed(withoutHugeExponents(bytes)) else {
            return "Foundation does not parse it"
        }
        guard let difference = difference(object, row), !hasDuplicates(bytes) else { return nil }
        return difference
    }

    private static func difference(_ object: [String: Any], _ row: Row) -> String? {
        guard isSame(object["user_id"], row.userID) else { return "user_id" }
        guard isSame(object["movie_id"], row.movieID) else { return "movie_id" }
        let stars = (object["rating"] as? NSNumber)?.doubleValue ?? 0
        guard stars == Double(row.halfStars) / 2 else { return "rating" }
        guard (object["op"] as? String == "REMOVE") == (row.operation == 1) else { return "op" }
        if let seconds = object["event_time"] as? NSNumber {
            guard abs(seconds.doubleValue * 1000 - Double(row.eventTime)) <= 1 else { return "event_time" }
        } else if !(object["event_time"] is String), row.eventTime != row.recordTimestamp {
            return "event_time"
        }
        let quoted = Data("\"\(row.eventID)\"".utf8)
        let eventID = try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed) as? String
        guard eventID == object["event_id"] as? String ?? "" else { return "event_id" }
        return nil
    }

    /// Foundation reads what has an exponent as a double, so there only the nearest double can be compared.
    private static func isSame(_ value: Any?, _ id: Int64) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return number.int64Value == id || (id > 1 << 53 && number.doubleValue == Double(id))
    }

    private static func parsed(_ bytes: [UInt8]) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }

    /// Foundation refuses numbers that no double holds, such as 1e999, which the grammar allows and the decoder
    /// ignores in fields that it does not know. So exponents of three digits and more become 0 here.
    private static func withoutHugeExponents(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        return Array(text.replacing(/([0-9][eE][+-]?)[0-9]{3,}/) { $0.output.1 + "0" }.utf8)
    }

    private static func hasDuplicates(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        // Escaped keys hide duplicates; both are rare enough to leave out.
        return ["user_id", "movie_id", "rating", "event_time", "op", "event_id"].contains { name in
            text.components(separatedBy: "\"\(name)\"").count > 2
                || text.contains("\\u00\(String(name.utf8.first ?? 0, radix: 16))")
        }
    }
}
