import Events
import Testing

struct RatingRejectionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var value: String?
        var code: RejectionCode
        var field: String
        var key: String?
        var contentType: ContentType

        init(
            _ value: String?, _ code: RejectionCode, _ field: String = "", key: String? = nil,
            contentType: ContentType = .unspecified
        ) {
            self.value = value
            self.code = code
            self.field = field
            self.key = key
            self.contentType = contentType
        }

        var testDescription: String { "\(value?.prefix(60) ?? "null") → \(code)" }
    }

    static let wholeRecord: [Case] = [
        Case(nil, .tombstoneNotAllowed),
        Case(nil, .tombstoneNotAllowed, key: "1"),
        Case("", .malformed),
        Case(" ", .malformed),
        Case("[]", .malformed),
        Case("null", .malformed),
        Case("{", .malformed),
        Case("{}", .missingField, "user_id"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3} x", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}{}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3,}", .malformed),
        Case("{\"user_id\":1,,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":1 \"movie_id\":2,\"rating\":3}", .malformed),
        Case("{'user_id':1}", .malformed),
        Case("{user_id:1}", .malformed),
        Case("{\"user_id\" 1}", .malformed),
        Case("\u{0}\u{0}\u{0}\u{0}\u{1}{}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .malformed, contentType: .protobuf),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .malformed, contentType: .other),
        Case(String(repeating: " ", count: 64 * 1024 + 1), .tooLarge),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "2"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "01"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "+1"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: ""),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "1 "),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "\"1\""),
        Case("{\"user_id\":12345678,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "12345679"),
        Case("{\"user_id\":123456789,\"movie_id\":2,\"rating\":3}", .keyMismatch, "user_id", key: "123456780"),
    ]

    static let ids: [Case] = [
        Case("{\"movie_id\":2,\"rating\":3}", .missingField, "user_id"),
        Case("{\"user_id\":null,\"movie_id\":2,\"rating\":3}", .missingField, "user_id"),
        Case("{\"user_id\":1,\"rating\":3}", .missingField, "movie_id"),
        Case("{\"user_id\":0,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":-0,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":-4,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":1.5,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":9223372036854775808,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":1e400,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":1e-400,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":\"1\",\"movie_id\":2,\"rating\":3}", .malformed, "user_id"),
        Case("{\"user_id\":true,\"movie_id\":2,\"rating\":3}", .malformed, "user_id"),
        Case("{\"user_id\":[1],\"movie_id\":2,\"rating\":3}", .malformed, "user_id"),
        Case("{\"user_id\":01,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":{},\"rating\":3}", .malformed, "movie_id"),
        Case("{\"user_id\":1,\"movie_id\":0,\"rating\":3}", .outOfRange, "movie_id"),
        Case("{\"user_id\":NaN,\"movie_id\":2,\"rating\":3}", .outOfRange, "user_id"),
        Case("{\"user_id\":1.,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":.5,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":+1,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":1e,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":-,\"movie_id\":2,\"rating\":3}", .malformed),
        Case("{\"user_id\":0x1,\"movie_id\":2,\"rating\":3}", .malformed),
    ]

    static let ratingValues: [(String, RejectionCode)] = [
        ("0", .outOfRange), ("0.0", .outOfRange), ("5.5", .outOfRange), ("6", .outOfRange), ("10", .outOfRange),
        ("4.7", .outOfRange), ("4.25", .outOfRange), ("4.50001", .outOfRange), ("-1", .outOfRange),
        ("-0.5", .outOfRange), ("5.0000000000000000000001", .outOfRange), ("1e2", .outOfRange), ("NaN", .outOfRange),
        ("Infinity", .outOfRange), ("-Infinity", .outOfRange), ("\"4\"", .malformed), ("\"\"", .malformed),
        ("true", .malformed), ("[4]", .malformed), ("{}", .malformed), ("null", .missingField),
    ]

    static let ratings: [Case] =
        [
            Case("{\"user_id\":1,\"movie_id\":2}", .missingField, "rating"),
            Case("{\"user_id\":1,\"movie_id\":2,\"op\":\"SET\"}", .missingField, "rating"),
            Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4.}", .malformed),
            Case("{\"user_id\":1,\"movie_id\":2,\"rating\":nan}", .malformed),
            Case("{\"user_id\":1,\"movie_id\":2,\"rating\":9,\"op\":\"REMOVE\"}", .outOfRange, "rating"),
        ] + ratingValues.map { Case("{\"user_id\":1,\"movie_id\":2,\"rating\":\($0.0)}", $0.1, "rating") }

    static let others: [Case] = [
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"op\":\"set\"}", .outOfRange, "op"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"op\":\"\"}", .outOfRange, "op"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"op\":1}", .malformed, "op"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":7}", .malformed, "event_id"),
        Case(
            "{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\(String(repeating: "e", count: 257))\"}",
            .outOfRange, "event_id"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\u{1}\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\\x\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\\ud800\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\\udc00\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\\ud800\\u0041\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"\\u00g0\"}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"abc", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":\"abc\\", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"event_id\":NaN}", .malformed, "event_id"),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"x\":NaN}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"x\":tru}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"x\":[1,]}", .malformed),
        Case("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"x\":{\"a\"}}", .malformed),
        Case(
            "{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"x\":" + String(repeating: "[", count: 33)
                + String(repeating: "]", count: 33) + "}", .malformed),
    ]

    static let foreignVersions = ["2", "0", "1e1", "-1", "\"2\"", "\"2.0\"", "\"v1\"", "\"\"", "true", "{}", "[1]"]

    static let versions: [Case] =
        foreignVersions.map {
            Case(
                "{\"schema_version\":\($0),\"user_id\":1,\"movie_id\":2,\"rating\":4}", .unknownVersion,
                "schema_version")
        } + [
            // It wins over whatever else is wrong.
            Case("{\"user_id\":\"a\",\"schema_version\":2}", .unknownVersion, "schema_version"),
            Case("{\"schema_version\":3}", .unknownVersion, "schema_version"),
            Case("{\"schema_version\":3,\"user_id\":}", .unknownVersion, "schema_version"),
            Case("{\"rating\":NaN,\"schema_version\":3}", .unknownVersion, "schema_version"),
            Case(
                "{\"schema_version\":3,\"user_id\":1,\"movie_id\":2,\"rating\":4}", .unknownVersion, "schema_version",
                key: "7"),
            Case(
                "{\"schema_v\\u0065rsion\":3,\"user_id\":1,\"movie_id\":2,\"rating\":4}", .unknownVersion,
                "schema_version"),
        ]

    @Test(arguments: wholeRecord + ids + ratings + others + versions)
    func isRejected(_ test: Case) {
        let result = Records.rating(test.value, key: test.key, contentType: test.contentType)
        #expect(result.code == test.code, "\(result)")
        #expect(result.field == test.field, "\(result)")
        #expect(!result.message.isEmpty)
        #expect(result.message.utf8.count <= 200, "\(result.message)")
        #expect(result.message.utf8.allSatisfy { $0 >= 0x20 }, "\(result.message)")
    }

    @Test func invalidUTF8IsMalformedEverywhere() {
        let illFormed: [[UInt8]] = [
            [0x80], [0xC0, 0xAF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82],
        ]
        for bytes in illFormed {
            for field in ["event_id", "ignored"] {
                let head = Array("{\"user_id\":1,\"movie_id\":2,\"rating\":4,\"\(field)\":\"".utf8)
                let result = Records.rating(head + bytes + Array("\"}".utf8), key: nil)
                #expect(result.code == .malformed, "\(field) \(bytes)")
            }
        }
    }

    @Test func messagesSayWhatWasExpectedAndFound() {
        let wrong = Records.rating("{\"user_id\":1,\"movie_id\":2,\"rating\":4.7}")
        #expect(wrong.message == "expected a number of 0.5 to 5 in halves, found `4.7`")
        let syntax = Records.rating("{\"user_id\":1,\"movie_id\":2,\"rating\":4;\u{e9}")
        #expect(syntax.message == "expected a comma or a closing bracket at byte 36, found `;\\xC3\\xA9`")
        let protobuf = Records.rating("\u{8}\u{1}", contentType: .protobuf)
        #expect(protobuf.message.contains("only JSON"))
        let frame = Records.rating("\u{0}\u{0}")
        #expect(frame.message.contains("Confluent frame"))
    }
}
