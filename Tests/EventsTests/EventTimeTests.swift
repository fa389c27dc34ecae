import Events
import Foundation
import Testing

struct EventTimeTests {
    private func decode(_ time: String, timestamp: Int64 = Records.timestamp) -> Result<Int64, Rejection> {
        Records.rating("{\"user_id\":1,\"movie_id\":2,\"rating\":3,\"event_time\":\(time)}", timestamp: timestamp)
            .map(\.eventTime)
    }

    @Test(arguments: [
        ("978300760", 978_300_760_000), ("0", 0), ("978300760.5", 978_300_760_500),
        ("978300760.1239999999999999999999", 978_300_760_123), ("9.7830076e8", 978_300_760_000),
        ("\"2000-12-31T22:12:40Z\"", 978_300_760_000), ("\"2000-12-31t22:12:40z\"", 978_300_760_000),
        ("\"2000-12-31 22:12:40Z\"", 978_300_760_000), ("\"2000-12-31T22:12:40.5Z\"", 978_300_760_500),
        ("\"2000-12-31T22:12:40.123456789Z\"", 978_300_760_123), ("\"2001-01-01T00:12:40+02:00\"", 978_300_760_000),
        ("\"2000-12-31T14:42:40-07:30\"", 978_300_760_000), ("\"2000-12-31T22:12:40-00:00\"", 978_300_760_000),
        ("\"1970-01-01T00:00:00Z\"", 0), ("\"1970-01-01T01:00:00+01:00\"", 0),
        ("\"2000-02-29T00:00:00Z\"", 951_782_400_000), ("\"1998-12-31T23:59:60Z\"", 915_148_800_000),
        ("\"2000-12-31T22:12:40\\u005a\"", 978_300_760_000),
    ])
    func isRead(_ text: String, _ milliseconds: Int64) throws {
        #expect(try decode(text).get() == milliseconds)
    }

    @Test(arguments: [
        "\"\"", "\"2000-12-31\"", "\"2000-12-31T22:12:40\"", "\"2000-12-31T22:12Z\"", "\"2000-13-31T22:12:40Z\"",
        "\"2000-00-31T22:12:40Z\"", "\"2001-02-29T22:12:40Z\"", "\"1900-02-29T22:12:40Z\"", "\"2000-04-31T22:12:40Z\"",
        "\"2000-12-00T22:12:40Z\"", "\"2000-12-31T24:00:00Z\"", "\"2000-12-31T22:60:40Z\"", "\"2000-12-31T22:12:61Z\"",
        "\"2000-12-31T22:12:40.Z\"", "\"2000-12-31T22:12:40+2:00\"", "\"2000-12-31T22:12:40+0200\"",
        "\"2000-12-31T22:12:40+24:00\"", "\"2000-12-31T22:12:40+02:60\"", "\"2000-12-31T22:12:40ZZ\"",
        "\"2000-12-31T22:12:40.5\"", "\"2000/12/31T22:12:40Z\"", "\"2000-12-31T22-12-40Z\"", "\"978300760\"",
        "\"2000-12-31T2x:12:40Z\"", "\"+200-12-31T22:12:40Z\"", "true", "[]", "{}",
    ])
    func isMalformed(_ text: String) {
        let result = decode(text)
        #expect(result.code == .malformed, "\(result)")
        #expect(result.field == "event_time")
    }

    @Test(arguments: [
        "-1", "-0.5", "978300760000", "253402300800", "1e300", "99999999999999999999999", "NaN",
        "\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:00+01:00\"", "\"9999-12-31T23:59:59-00:01\"",
        "\"0000-01-01T00:00:00Z\"",
    ])
    func isOutOfRange(_ text: String) {
        let result = decode(text)
        #expect(result.code == .outOfRange, "\(result)")
        #expect(result.field == "event_time")
    }

    @Test func aheadOfTheRecordByFiveMinutesAtMost() throws {
        let limit: Int64 = 1_000_300
        #expect(try decode("\(limit)", timestamp: 1_000_000_000).get() == limit * 1000)
        #expect(decode("\(limit + 1)", timestamp: 1_000_000_000).code == .outOfRange)
        #expect(decode("\(limit).001", timestamp: 1_000_000_000).code == .outOfRange)
        #expect(try decode("\(limit).0009", timestamp: 1_000_000_000).get() == limit * 1000)
        #expect(decode("\"1970-01-12T13:51:40.001Z\"", timestamp: 1_000_000_000).code == .outOfRange)
        // A record without a timestamp has nothing to compare with.
        #expect(try decode("\(limit)", timestamp: -1).get() == limit * 1000)
        for topic in [
            Records.movie("{\"movie_id\":1,\"title\":\"t\",\"event_time\":301}", key: nil, timestamp: 0).code,
            Records.user("{\"user_id\":1,\"event_time\":301}", key: nil, timestamp: 0).code,
        ] {
            #expect(topic == .outOfRange)
        }
    }

    @Test func agreesWithFoundation() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for _ in 0..<2_000 {
            let milliseconds = Int64.random(in: EventLimits.eventTimeMilliseconds, using: &generator)
            formatter.timeZone = TimeZone(secondsFromGMT: 900 * Int.random(in: -56...56, using: &generator))
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
            guard text.prefix(5).last == "-" else { continue }
            let result = try decode("\"\(text)\"", timestamp: -1).get()
            #expect(abs(result - milliseconds) <= 1, "seed \(seed): \(text)")
        }
    }
}
