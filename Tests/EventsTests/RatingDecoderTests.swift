import Events
import Testing

struct RatingDecoderTests {
    private func row(_ value: String, key: String? = nil, timestamp: Int64 = Records.timestamp) throws -> Row {
        try Records.rating(value, key: key, timestamp: timestamp).get()
    }

    @Test func goldenVersion1() throws {
        let row = try row(
            #"{"user_id":1,"movie_id":1193,"rating":5,"event_time":978300760,"event_id":"123"}"#, key: "1")
        #expect(row.userID == 1)
        #expect(row.movieID == 1193)
        #expect(row.halfStars == 10)
        #expect(row.operation == Rating.Operation.set.rawValue)
        #expect(row.eventTime == 978_300_760_000)
        #expect(row.recordTimestamp == Records.timestamp)
        #expect(row.partition == 5)
        #expect(row.offset == 77)
        #expect(row.eventID == "123")
    }

    @Test func absentFieldsHaveDefaults() throws {
        let row = try row(#"{"user_id":1,"movie_id":2,"rating":0.5,"event_time":null,"op":null,"event_id":null}"#)
        #expect(row.eventTime == Records.timestamp)
        #expect(row.operation == Rating.Operation.set.rawValue)
        #expect(row.eventID.isEmpty)
        #expect(try self.row(#"{"user_id":1,"movie_id":2,"rating":0.5,"event_id":""}"#) == row)
    }

    @Test(arguments: [
        ("0.5", 1), ("1", 2), ("1.0", 2), ("1.5", 3), ("4", 8), ("4.0", 8), ("4.00000000000000000000000000", 8),
        ("4.5", 9), ("4.50", 9), ("45e-1", 9), ("0.45e1", 9), ("450E-2", 9), ("0.00000000000000000000005e23", 10),
        ("5", 10), ("5.0", 10), ("5e0", 10), ("5E+0", 10),
    ])
    func ratingsInHalves(_ text: String, _ halfStars: Int) throws {
        #expect(try row("{\"user_id\":1,\"movie_id\":2,\"rating\":\(text)}").halfStars == UInt8(halfStars))
    }

    @Test(arguments: [
        ("1", 1), ("7.0", 7), ("1e3", 1000), ("1.193e3", 1193), ("12345678", 12_345_678), ("123456789", 123_456_789),
        ("999999999999999999", 999_999_999_999_999_999), ("9223372036854775806", 9_223_372_036_854_775_806),
        ("9223372036854775807", 9_223_372_036_854_775_807), ("9007199254740993", 9_007_199_254_740_993),
        ("1000000000000000000000e-20", 10),
    ])
    func idsAreExact(_ text: String, _ id: Int64) throws {
        let row = try row("{\"user_id\":\(text),\"movie_id\":\(text),\"rating\":3}", key: String(id))
        #expect(row.userID == id)
        #expect(row.movieID == id)
    }

    @Test func everyLengthOfDigitsAndKeys() throws {
        var id: Int64 = 0
        for digit in 1...18 {
            id = id * 10 + Int64(digit % 10)
            let row = try row("{\"user_id\":\(id),\"movie_id\":\(id + 1),\"rating\":3}", key: String(id))
            #expect(row.userID == id)
            #expect(row.movieID == id + 1)
        }
    }

    @Test func removals() throws {
        let row = try row(#"{"op":"REMOVE","user_id":1,"movie_id":2}"#)
        #expect(row.operation == Rating.Operation.remove.rawValue)
        #expect(row.halfStars == 0)
        #expect(try self.row(#"{"op":"REMOVE","user_id":1,"movie_id":2,"rating":4}"#).halfStars == 8)
        #expect(try self.row(#"{"op":"R\u0045MOVE","user_id":1,"movie_id":2}"#) == row)
        #expect(try self.row(#"{"op":"SET","user_id":1,"movie_id":2,"rating":4}"#).operation == 0)
    }

    @Test func orderWhitespaceAndUnknownFieldsDoNotMatter() throws {
        let expected = try row(#"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a"}"#)
        let same = [
            #"{"event_id":"a","event_time":978300760,"rating":3,"movie_id":2,"user_id":1}"#,
            "\t{ \"user_id\" : 1 ,\r\n\"movie_id\"\t:\n2 , \"rating\" : 3 , \"event_time\" : 978300760 , \"event_id\" : \"a\" } \n",
            #"{"user_id": 1, "movie_id": 2, "rating": 3, "event_time": 978300760, "event_id": "a"}"#,
            #"{"x":{"user_id":7,"y":[1,"}",{"z":null}]},"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a"}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","schema_version":1}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","schema_version":"1.7"}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","schema_version":1.2}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","schema_version":null}"#,
            #"{"\u0075ser_id":1,"movie\u005fid":2,"r\u0061ting":3,"event_time":978300760,"event_id":"a"}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":"2000-12-31T22:12:40Z","event_id":"a"}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","":0,"user_ids":5,"":{}}"#,
            #"{"user_id":1,"movie_id":2,"rating":3,"event_time":978300760,"event_id":"a","title":7,"🎬":"😀"}"#,
            // The last of duplicate keys counts, even where an earlier one could not be used.
            #"{"user_id":9,"user_id":1,"movie_id":2,"rating":5,"rating":3,"event_time":978300760,"event_id":"a"}"#,
            #"{"user_id":"x","movie_id":2,"rating":9,"rating":3,"event_time":978300760,"event_id":"a","user_id":1}"#,
        ]
        for text in same { #expect(try row(text) == expected, "\(text)") }
    }

    @Test func nestingUpToTheLimitIsFollowed() throws {
        let depth = EventLimits.nestingDepthMax
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(try row("{\"user_id\":1,\"movie_id\":2,\"rating\":3,\"x\":\(nested)}").userID == 1)
    }

    @Test func eventIDStaysAsItStood() throws {
        let longest = String(repeating: "e", count: EventLimits.eventIDBytesMax)
        for body in [#"a\"b"#, #"\u00e9\n"#, "é→😀", #"\ud83d\ude00"#, #"a\\"#, "1234567", "12345678", longest] {
            let row = try row("{\"user_id\":1,\"movie_id\":2,\"rating\":3,\"event_id\":\"\(body)\"}")
            #expect(row.eventID == body)
        }
    }

    @Test func largestValueIsAccepted() throws {
        let head = #"{"user_id":1,"movie_id":2,"rating":3,"x":""#
        let filling = String(repeating: "x", count: EventLimits.valueBytesMax - head.utf8.count - 2)
        #expect(try row(head + filling + "\"}").userID == 1)
        #expect(Records.rating(head + filling + "x\"}").code == .tooLarge)
    }

    @Test func rowsFollowEachOtherInTheBatch() throws {
        let batch = RatingBatch(capacity: 100)
        for index in 1...100 {
            let value = Array("{\"user_id\":\(index),\"movie_id\":2,\"rating\":3,\"event_id\":\"e\(index)\"}".utf8)
            let rejection = Records.with(.ratings, value, key: nil) { RatingDecoder().decode($0, into: batch) }
            #expect(rejection == nil)
        }
        #expect(batch.count == 100)
        for index in 1...100 {
            let row = Row(batch, index - 1)
            #expect(row.userID == Int64(index))
            #expect(row.eventID == "e\(index)")
        }
        batch.removeAll()
        #expect(batch.count == 0 && batch.eventIDBytes.count == 0)
    }
}
