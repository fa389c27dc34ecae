import Events
import Testing

struct UserDecoderTests {
    private func profile(_ value: String, key: String? = nil) throws -> UserProfile {
        guard case .profile(let profile) = try Records.user(value, key: key).get() else {
            throw Rejection(.malformed, "no profile")
        }
        return profile
    }

    @Test func goldenVersion1() throws {
        let profile = try profile(
            #"{"user_id":1,"gender":"F","age":25,"occupation":12,"zip":"48067","event_time":"2000-12-31T22:12:40.250Z"}"#,
            key: "1")
        #expect(
            profile
                == UserProfile(
                    userID: 1, gender: .female, age: 25, occupation: 12, zip: "48067",
                    eventTimeMilliseconds: 978_300_760_250))
    }

    @Test func everythingButTheIDIsOptional() throws {
        let expected = UserProfile(userID: 7)
        #expect(try profile(#"{"user_id":7}"#) == expected)
        #expect(
            try profile(
                #"{"zip":null,"age":null,"gender":null,"occupation":null,"event_time":null,"user_id":7,"name":"x"}"#)
                == expected)
    }

    @Test(arguments: [
        ("M", Gender.male), ("m", .male), ("male", .male), ("Male", .male), ("MALE", .male), ("F", .female),
        ("f", .female), ("female", .female), ("\\u0046emale", .female),
    ])
    func genders(_ text: String, _ gender: Gender) throws {
        #expect(try profile("{\"user_id\":1,\"gender\":\"\(text)\"}").gender == gender)
    }

    @Test(arguments: [("0", 0), ("150", 150), ("17.9", 17), ("2.5e1", 25), ("0.5", 0), ("56.0", 56)])
    func agesAreRoundedDown(_ text: String, _ age: Int) throws {
        #expect(try profile("{\"user_id\":1,\"age\":\(text)}").age == age)
    }

    @Test func nullForgets() throws {
        #expect(try Records.user(nil, key: "42").get() == .forgotten(userID: 42))
        for key in [nil, "", "0", "042", "x"] {
            let result = Records.user(nil, key: key)
            #expect(result.code == .keyMismatch, "\(key ?? "null")")
            #expect(result.field == "user_id")
        }
    }

    static let rejected: [(String, RejectionCode, String)] = [
        ("", .malformed, ""),
        ("\"user\"", .malformed, ""),
        (String(repeating: "{", count: 64 * 1024 + 1), .tooLarge, ""),
        ("{}", .missingField, "user_id"),
        ("{\"user_id\":-1}", .outOfRange, "user_id"),
        ("{\"user_id\":\"1\"}", .malformed, "user_id"),
        ("{\"user_id\":1,\"gender\":\"X\"}", .outOfRange, "gender"),
        ("{\"user_id\":1,\"gender\":\"\"}", .outOfRange, "gender"),
        ("{\"user_id\":1,\"gender\":1}", .malformed, "gender"),
        ("{\"user_id\":1,\"age\":-1}", .outOfRange, "age"),
        ("{\"user_id\":1,\"age\":-0.5}", .outOfRange, "age"),
        ("{\"user_id\":1,\"age\":151}", .outOfRange, "age"),
        ("{\"user_id\":1,\"age\":\"25\"}", .malformed, "age"),
        ("{\"user_id\":1,\"age\":NaN}", .outOfRange, "age"),
        ("{\"user_id\":1,\"occupation\":21}", .outOfRange, "occupation"),
        ("{\"user_id\":1,\"occupation\":-1}", .outOfRange, "occupation"),
        ("{\"user_id\":1,\"occupation\":1.5}", .outOfRange, "occupation"),
        ("{\"user_id\":1,\"occupation\":\"artist\"}", .malformed, "occupation"),
        ("{\"user_id\":1,\"zip\":48067}", .malformed, "zip"),
        ("{\"user_id\":1,\"zip\":\"\(String(repeating: "9", count: 33))\"}", .outOfRange, "zip"),
        ("{\"user_id\":1,\"event_time\":[]}", .malformed, "event_time"),
        ("{\"user_id\":1,\"event_time\":-5}", .outOfRange, "event_time"),
        ("{\"user_id\":0,\"schema_version\":2}", .unknownVersion, "schema_version"),
        ("{\"user_id\":2}", .keyMismatch, "user_id"),
    ]

    @Test(arguments: rejected)
    func isRejected(_ value: String, _ code: RejectionCode, _ field: String) {
        let result = Records.user(value, key: "1")
        #expect(result.code == code, "\(result)")
        #expect(result.field == field, "\(result)")
    }
}
