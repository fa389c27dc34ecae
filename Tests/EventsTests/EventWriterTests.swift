import Events
import Foundation
import Testing

struct EventWriterTests {
    private func text(_ write: (ByteBuffer) -> Void) -> String {
        let buffer = ByteBuffer(capacity: 64)
        write(buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test func goldenRatingsVersion1() {
        let plain = Rating(
            userID: 1, movieID: 1193, halfStars: 10, eventTimeMilliseconds: 978_300_760_000, eventID: "123")
        #expect(
            text { JSONEventWriter.append(plain, to: $0) }
                == #"{"user_id":1,"movie_id":1193,"rating":5,"event_time":978300760,"event_id":"123"}"#)
        let precise = Rating(userID: .max, movieID: 2, halfStars: 9, eventTimeMilliseconds: 978_300_760_001)
        #expect(
            text { JSONEventWriter.append(precise, to: $0) }
                == #"{"user_id":9223372036854775807,"movie_id":2,"rating":4.5,"event_time":"2000-12-31T22:12:40.001Z"}"#
        )
        let removal = Rating(userID: 1, movieID: 2, halfStars: 0, operation: .remove, eventID: "a\"\n")
        #expect(
            text { JSONEventWriter.append(removal, to: $0) }
                == #"{"user_id":1,"movie_id":2,"op":"REMOVE","event_id":"a\"\n"}"#)
    }

    @Test func goldenMoviesVersion1() {
        let movie = Movie(
            movieID: 1193, title: "One Flew Over the Cuckoo's Nest (1975)", year: 1975, genres: ["Drama", "A\\B"],
            eventTimeMilliseconds: 978_300_760_000)
        #expect(
            text { JSONEventWriter.append(movie, to: $0) }
                == #"{"movie_id":1193,"title":"One Flew Over the Cuckoo's Nest (1975)","year":1975,"genres":["Drama","A\\B"],"event_time":978300760}"#
        )
        #expect(
            text { JSONEventWriter.append(Movie(movieID: 1, title: "é"), to: $0) }
                == #"{"movie_id":1,"title":"é","genres":[]}"#)
    }

    @Test func goldenUsersVersion1() {
        let user = UserProfile(
            userID: 1, gender: .female, age: 25, occupation: 12, zip: "48067", eventTimeMilliseconds: 978_300_760_250)
        #expect(
            text { JSONEventWriter.append(user, to: $0) }
                == #"{"user_id":1,"gender":"F","age":25,"occupation":12,"zip":"48067","event_time":"2000-12-31T22:12:40.250Z"}"#
        )
        #expect(
            text { JSONEventWriter.append(UserProfile(userID: 5, gender: .male), to: $0) }
                == #"{"user_id":5,"gender":"M"}"#)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let isRemoval = Bool.random(using: &generator)
            let time = Bool.random(using: &generator) ? Int64.random(in: 0...Records.timestamp, using: &generator) : nil
            let rating = Rating(
                userID: Int64.random(in: 1...(.max >> Int64.random(in: 0...60, using: &generator)), using: &generator),
                movieID: Int64.random(in: 1...(.max >> Int64.random(in: 0...60, using: &generator)), using: &generator),
                halfStars: UInt8.random(in: isRemoval ? 0...10 : 1...10, using: &generator),
                operation: isRemoval ? .remove : .set, eventTimeMilliseconds: time,
                eventID: Bool.random(using: &generator) ? RandomJSON.text(&generator) : nil)
            let written = text { JSONEventWriter.append(rating, to: $0) }
            let key = text { $0.appendDecimal(rating.userID) }
            let row = try Records.rating(written, key: key).get()
            #expect(row.userID == rating.userID && row.movieID == rating.movieID, "seed \(seed): \(written)")
            #expect(row.halfStars == rating.halfStars && row.operation == rating.operation.rawValue, "seed \(seed)")
            #expect(row.eventTime == time ?? Records.timestamp, "seed \(seed): \(written)")
            #expect(row.eventID == String(decoding: escapedJSONBody(of: rating.eventID ?? ""), as: UTF8.self))

            let movie = Movie(
                movieID: rating.movieID, title: "t" + RandomJSON.text(&generator), year: 1995,
                genres: [RandomJSON.text(&generator), "g"], eventTimeMilliseconds: time)
            let movieText = text { JSONEventWriter.append(movie, to: $0) }
            #expect(try Records.movie(movieText, key: nil).get() == .announced(movie), "seed \(seed): \(movieText)")

            let user = UserProfile(
                userID: rating.userID, gender: isRemoval ? .male : .female, age: Int(rating.halfStars),
                occupation: 20, zip: "\"é\\\u{1}", eventTimeMilliseconds: time)
            let userText = text { JSONEventWriter.append(user, to: $0) }
            #expect(try Records.user(userText, key: key).get() == .profile(user), "seed \(seed): \(userText)")
        }
    }

    @Test func decimals() {
        var values: [Int64] = [0, .max, .min, -1, -10]
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            values += [power - 1, power, power + 1, -power]
        }
        for value in values + (0..<20_000).map({ Int64($0) }) {
            #expect(text { $0.appendDecimal(value) } == String(value))
        }
    }

    @Test func titlesAreEscaped() throws {
        let all = String(String.UnicodeScalarView((0..<0x250).compactMap { Unicode.Scalar(UInt32($0)) })) + "\u{2028}🎬"
        let body = escapedJSONBody(of: all)
        let json = Data([0x22] + body + [0x22])
        #expect(try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed) as? String == all)
        #expect(escapedJSONBody(of: "") == [])
    }
}
