import Events
import Foundation
import Testing

struct RecommendationListTests {
    static let list = RecommendationList(
        userID: 1, sequence: 42, generatedAtMilliseconds: 1_767_225_600_123, reason: .rated,
        causedBy: [
            .init(topic: "ratings", partition: 3, offset: 1001, eventID: "123", eventTimeMilliseconds: 978_300_760_000),
            .init(topic: "eu-ratings", partition: 0, offset: 0, eventTimeMilliseconds: 978_300_760_250),
        ], causedByTotal: 17,
        items: [
            .init(rank: 1, movieID: 1193, title: "\"Léon\" (1994)", score: 1.25, predictedRating: 4.5),
            .init(rank: 2, movieID: 2, score: -0.5, predictedRating: nil),
            .init(rank: 3, movieID: .max, title: "C", score: nil, predictedRating: 5),
        ], model: .init(version: "fusion-1", epoch: 7))

    static let golden =
        #"{"user_id":1,"sequence":42,"generated_at":"2026-01-01T00:00:00.123Z","reason":"RATED","#
        + #""caused_by":[{"topic":"ratings","partition":3,"offset":1001,"event_id":"123","event_time":"2000-12-31T22:12:40.000Z"},"#
        + #"{"topic":"eu-ratings","partition":0,"offset":0,"event_time":"2000-12-31T22:12:40.250Z"}],"caused_by_total":17,"#
        + #""items":[{"rank":1,"movie_id":1193,"title":"\"Léon\" (1994)","score":1.25000,"predicted_rating":4.50},"#
        + #"{"rank":2,"movie_id":2,"score":-0.50000,"predicted_rating":null},"#
        + #"{"rank":3,"movie_id":9223372036854775807,"title":"C","score":null,"predicted_rating":5.00}],"#
        + #""model":{"version":"fusion-1","epoch":7}}"#

    private func json(_ list: RecommendationList) -> String {
        let buffer = ByteBuffer()
        list.append(to: buffer, using: JSONRecommendationListEncoder())
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private func decode(_ text: String) throws -> RecommendationList {
        try Array(text.utf8).withUnsafeBytes { try RecommendationList(json: $0) }
    }

    @Test func goldenVersion1() throws {
        #expect(json(Self.list) == Self.golden)
        #expect(try decode(Self.golden) == Self.list)
    }

    @Test func emptyListAndEveryReason() throws {
        for reason in ListReason.allCases {
            let empty = RecommendationList(
                userID: .max, sequence: 1, generatedAtMilliseconds: 0, reason: reason, causedBy: [], causedByTotal: 0,
                items: [], model: .init(version: "", epoch: 0))
            let text = json(empty)
            #expect(
                text.contains("\"reason\":\"\(reason.rawValue)\",\"caused_by\":[],\"caused_by_total\":0,\"items\":[]"))
            #expect(try decode(text) == empty)
        }
    }

    @Test func explanationsOfLaterVersionsAndUnknownFieldsAreRead() throws {
        let text = Self.golden.replacingOccurrences(
            of: #""rank":2,"#, with: #""rank":2,"new":[{}],"explanation":{"kind":"similar","movie_ids":[5,6]},"#)
        let list = try decode(text)
        #expect(list.items[1].explanation == .init(kind: "similar", movieIDs: [5, 6]))
        #expect(list.items[0].explanation == nil)
    }

    @Test func whatIsNoListIsRefused() {
        let broken = [
            "", "{}", "[]", Self.golden + "x", Self.golden.replacingOccurrences(of: "RATED", with: "GUESSED"),
            Self.golden.replacingOccurrences(of: "2026-01-01T", with: "2026-13-01T"),
            Self.golden.replacingOccurrences(of: "\"sequence\":42,", with: ""),
        ]
        for text in broken { #expect(throws: (any Error).self) { try decode(text) } }
    }

    @Test func randomListsSurviveTheRoundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var list = Self.list
            list.userID = Int64.random(in: 1 ... .max, using: &generator)
            list.sequence = Int64.random(in: 1 ... .max, using: &generator)
            list.generatedAtMilliseconds = Int64.random(in: 0...253_402_300_799_999, using: &generator)
            list.reason = ListReason.allCases.randomElement(using: &generator) ?? .rated
            list.causedBy = (0..<Int.random(in: 0...16, using: &generator)).map { _ in
                let text = RandomJSON.text(&generator)
                return .init(
                    topic: "ratings", partition: Int32.random(in: 0 ... .max, using: &generator),
                    offset: Int64.random(in: 0 ... .max, using: &generator), eventID: text.isEmpty ? nil : text,
                    eventTimeMilliseconds: Int64.random(in: 0...1_767_225_600_000, using: &generator))
            }
            list.items = (1...Int.random(in: 1...50, using: &generator)).map { rank in
                let text = RandomJSON.text(&generator)
                return .init(
                    rank: rank, movieID: Int64.random(in: 1 ... .max, using: &generator),
                    title: text.isEmpty ? nil : text,
                    // Multiples of 1/32 have five decimals at most, so nothing is lost.
                    score: Double(Int.random(in: -1000...1000, using: &generator)) / 32,
                    predictedRating: Double(Int.random(in: 2...20, using: &generator)) / 4,
                    explanation: ExplanationKind.allCases.randomElement(using: &generator).flatMap { kind in
                        if Bool.random(using: &generator) { return nil }
                        let ids = (0..<Int.random(in: 0...3, using: &generator)).map { Int64($0 * 7 + rank) }
                        return .init(kind: kind.rawValue, movieIDs: ids)
                    })
            }
            let text = json(list)
            #expect(try decode(text) == list, "seed \(seed): \(text)")
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            #expect((object?["items"] as? [Any])?.count == list.items.count, "seed \(seed)")
        }
    }
}

struct FixedDecimalTests {
    /// The score and rating of one item as they are written.
    private func written(_ value: Float) -> (score: String, rating: String) {
        let buffer = ByteBuffer()
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        JSONRecommendationListEncoder().item(
            rank: 1, movieID: 1, title: none, score: value, predictedRating: value, explanation: nil,
            explainedBy: UnsafeBufferPointer(start: nil, count: 0), into: buffer)
        let text = String(decoding: buffer.bytes, as: UTF8.self)
        let parts = text.dropLast().split(separator: ",").map { String($0.split(separator: ":")[1]) }
        return (parts[2], parts[3])
    }

    private func printed(_ value: Float, _ places: Int) -> String {
        let text = String(format: "%.\(places)f", Double(value))
        // C keeps the sign of what rounds to zero; JSON's readers have no use for it.
        return text.allSatisfy { "-0.".contains($0) } ? text.replacingOccurrences(of: "-", with: "") : text
    }

    @Test func agreesWithPrintf() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var values: [Float] = [
            0, -0, 0.000005, -0.000005, 0.5, 2.5, 0.125, 0.375, -0.125, 4.995, 0.999995, 1.005, 99.995, 16_777_216,
            1e13, -1e14, 9.3e18, 3e38, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.leastNormalMagnitude,
        ]
        for _ in 0..<20_000 {
            let bits = UInt32.random(in: 0...UInt32.max, using: &generator)
            if Float(bitPattern: bits).isFinite { values.append(Float(bitPattern: bits)) }
            values.append(Float.random(in: -20...20, using: &generator))
            // Ties of the second decimal.
            values.append(Float(Int.random(in: -4000...4000, using: &generator)) / 8)
        }
        for value in values {
            let (score, rating) = written(value)
            #expect(score == printed(value, 5), "seed \(seed): \(value)")
            #expect(rating == printed(value, 2), "seed \(seed): \(value)")
        }
    }

    @Test func whatIsNotFiniteIsNull() {
        for value in [Float.nan, .infinity, -.infinity] {
            #expect(written(value) == ("null", "null"))
        }
    }
}

struct TimestampTests {
    private func written(_ times: [Int64]) -> [String] {
        let encoder = JSONRecommendationListEncoder()
        let buffer = ByteBuffer()
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        return times.map { time in
            buffer.removeAll()
            encoder.cause(
                topic: none, partition: 0, offset: 0, eventID: none, eventTimeMilliseconds: time, into: buffer)
            return String(String(decoding: buffer.bytes, as: UTF8.self).dropLast(2).suffix(24))
        }
    }

    @Test func agreesWithFoundation() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var times: [Int64] = [0, -1, 999, 86_399_999, 86_400_000, 951_782_400_000, 253_402_300_799_999]
        for _ in 0..<2_000 {
            let time = Int64.random(in: -10_000_000_000_000...253_402_300_799_999, using: &generator)
            // Twice, so that both the kept and the new date are tried.
            times += [time, time / 1000 * 1000]
        }
        for (time, text) in zip(times, written(times)) where time % 1000 == 0 {
            #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(time / 1000))), "seed \(seed)")
        }
        for (time, text) in zip(times, written(times)) {
            let fraction = ((time % 1000) + 1000) % 1000
            #expect(text.hasSuffix(String(format: ".%03dZ", Int(fraction))), "seed \(seed): \(time) \(text)")
        }
    }

    @Test func timesWithoutFourDigitsOfYearAreMovedToTheEnds() {
        #expect(written([.min, .max]) == ["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
    }
}
