import Events
import Testing

struct MovieDecoderTests {
    private func movie(_ value: String, key: String? = nil) throws -> Movie {
        guard case .announced(let movie) = try Records.movie(value, key: key).get() else {
            throw Rejection(.malformed, "no announcement")
        }
        return movie
    }

    @Test func goldenVersion1() throws {
        let movie = try movie(
            #"{"movie_id":1193,"title":"One Flew Over the Cuckoo's Nest (1975)","year":1975,"genres":["Drama"],"event_time":978300760}"#,
            key: "1193")
        #expect(
            movie
                == Movie(
                    movieID: 1193, title: "One Flew Over the Cuckoo's Nest (1975)", year: 1975, genres: ["Drama"],
                    eventTimeMilliseconds: 978_300_760_000))
    }

    @Test func optionalFieldsMayBeMissing() throws {
        let expected = Movie(movieID: 3, title: "Untitled")
        #expect(try movie(#"{"movie_id":3,"title":"Untitled"}"#) == expected)
        #expect(
            try movie(#"{"title":"Untitled","genres":null,"year":null,"event_time":null,"movie_id":3.0}"#) == expected)
        #expect(try movie(#"{"title":"Untitled","genres":[ ],"movie_id":3,"rating":"x","more":[{}]}"#) == expected)
    }

    @Test func escapesAreResolved() throws {
        let movie = try movie(
            #"{"movie_id":3,"t\u0069tle":"\"L\u00e9on\" \\ \/ \b\f\n\r\t \ud83c\udfac é 🎬","genres":["Film-Noir","A\u0026B"]}"#
        )
        #expect(movie.title == "\"Léon\" \\ / \u{8}\u{c}\n\r\t 🎬 é 🎬")
        #expect(movie.genres == ["Film-Noir", "A&B"])
    }

    @Test(arguments: [
        ("Heat (1995)", 1995), ("Heat (1995) ", 1995), ("(1995)", 1995), ("Heat", nil), ("Heat 1995", nil),
        ("Heat (95)", nil), ("Heat (1995) II", nil), ("Heat (199x)", nil), ("Heat (0000)", nil), ("1995)", nil),
        ("2001 (A Space Odyssey) (1968)", 1968),
    ])
    func yearComesFromTheTitle(_ title: String, _ year: Int?) throws {
        #expect(try movie("{\"movie_id\":3,\"title\":\"\(title)\"}").year == year)
        #expect(try movie("{\"movie_id\":3,\"title\":\"\(title)\",\"year\":2007}").year == 2007)
    }

    @Test func nullWithdraws() throws {
        #expect(try Records.movie(nil, key: "1193").get() == .withdrawn(movieID: 1193))
        #expect(try Records.movie(nil, key: "9223372036854775807").get() == .withdrawn(movieID: .max))
        for key in [nil, "", "0", "01", "-1", "x", "1 ", "9223372036854775808", "99999999999999999999"] {
            let result = Records.movie(nil, key: key)
            #expect(result.code == .keyMismatch, "\(key ?? "null")")
            #expect(result.field == "movie_id")
        }
    }

    static let rejected: [(String, RejectionCode, String)] = [
        ("", .malformed, ""),
        ("[]", .malformed, ""),
        ("{\"movie_id\":1,\"title\":\"t\"", .malformed, ""),
        (String(repeating: " ", count: 64 * 1024 + 1), .tooLarge, ""),
        ("\u{0}\u{0}\u{0}\u{0}\u{1}", .malformed, ""),
        ("{\"title\":\"t\"}", .missingField, "movie_id"),
        ("{\"movie_id\":1}", .missingField, "title"),
        ("{\"movie_id\":1,\"title\":null}", .missingField, "title"),
        ("{\"movie_id\":1,\"title\":\"\"}", .outOfRange, "title"),
        ("{\"movie_id\":1,\"title\":4}", .malformed, "title"),
        ("{\"movie_id\":1,\"title\":\"\(String(repeating: "t", count: 1025))\"}", .outOfRange, "title"),
        ("{\"movie_id\":0,\"title\":\"t\"}", .outOfRange, "movie_id"),
        ("{\"movie_id\":\"1\",\"title\":\"t\"}", .malformed, "movie_id"),
        ("{\"movie_id\":1,\"title\":\"t\",\"year\":\"1995\"}", .malformed, "year"),
        ("{\"movie_id\":1,\"title\":\"t\",\"year\":1995.5}", .outOfRange, "year"),
        ("{\"movie_id\":1,\"title\":\"t\",\"year\":1799}", .outOfRange, "year"),
        ("{\"movie_id\":1,\"title\":\"t\",\"genres\":\"Drama\"}", .malformed, "genres"),
        ("{\"movie_id\":1,\"title\":\"t\",\"genres\":[1]}", .malformed, "genres"),
        ("{\"movie_id\":1,\"title\":\"t\",\"genres\":[\"a\",null]}", .malformed, "genres"),
        (
            "{\"movie_id\":1,\"title\":\"t\",\"genres\":[\"\(String(repeating: "g", count: 129))\"]}", .outOfRange,
            "genres"
        ),
        (
            "{\"movie_id\":1,\"title\":\"t\",\"genres\":[\(Array(repeating: "\"g\"", count: 65).joined(separator: ","))]}",
            .outOfRange, "genres"
        ),
        ("{\"movie_id\":1,\"title\":\"t\",\"event_time\":\"yesterday\"}", .malformed, "event_time"),
        ("{\"movie_id\":1,\"title\":\"t\",\"event_time\":1767225901}", .outOfRange, "event_time"),
        ("{\"movie_id\":1,\"title\":5,\"schema_version\":\"2.1\"}", .unknownVersion, "schema_version"),
        ("{\"movie_id\":2,\"title\":\"t\"}", .keyMismatch, "movie_id"),
    ]

    @Test(arguments: rejected)
    func isRejected(_ value: String, _ code: RejectionCode, _ field: String) {
        let result = Records.movie(value, key: "1")
        #expect(result.code == code, "\(result)")
        #expect(result.field == field, "\(result)")
    }

    @Test func onlyJSONIsReadSoFar() {
        #expect(Records.movie("{\"movie_id\":1,\"title\":\"t\"}", key: "1", contentType: .protobuf).code == .malformed)
        #expect(Records.movie("{\"movie_id\":1,\"title\":\"t\"}", key: "1", contentType: .json).code == nil)
    }
}
