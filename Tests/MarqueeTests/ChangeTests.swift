import Events
import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    /// Movies that come and go, ratings taken back and users forgotten, through `marquee produce`.
    struct ChangeTests {
        private func produce(
            _ application: Application, _ line: String, _ location: SourceLocation = #_sourceLocation
        ) throws {
            let arguments = ["produce"] + line.split(separator: " ").map(String.init) + application.connection
            let finished = try marquee(arguments + ["--output", "json"])
            #expect(finished.ending == .exited(0) && finished.errors.isEmpty, sourceLocation: location)
            #expect(finished.output == "{\"published\":1}\n", sourceLocation: location)
        }

        /// Waits for a user's newest list with this reason; nil when it does not come.
        private func list(
            _ application: Application, user: Int64, _ reason: ListReason, after sequence: Int64 = 0
        ) throws -> RecommendationList? {
            var found: RecommendationList?
            _ = try eventually(seconds: 10) {
                for record in try application.records(application.topics.recommendations) {
                    guard record.key == Array(String(user).utf8), let value = record.value else { continue }
                    let list = try value.withUnsafeBytes { try RecommendationList(json: $0) }
                    if list.reason == reason && list.sequence > sequence { found = list }
                }
                return found != nil
            }
            return found
        }

        @Test
        func `Movies come and go, ratings are taken back, users are forgotten`() throws {
            let application = try Application(partitions: 2)
            // With few movies every list has room for a new one.
            for movie in 1...6 { try produce(application, "movie --id \(movie) --title M\(movie) --genres Drama|War") }
            let service = try application.serve()
            for user in 1...3 { try produce(application, "rating --user \(user) --movie \(user) --rating 4.5") }
            for user in 1...3 { #expect(try list(application, user: Int64(user), .rated)?.items.count == 5) }

            try produce(application, "movie --id 9001 --title New --year 2026 --genres Comedy")
            for user in 1...3 {
                let list = try #require(try list(application, user: Int64(user), .movieAdded))
                #expect(list.sequence == 2 && list.items.count == 6)
                #expect(list.items.contains { $0.movieID == 9001 && $0.title == "New" })
                #expect(list.causedBy.map(\.topic) == [application.topics.name(of: .movies)])
                #expect(list.causedByTotal == 1)
            }

            try produce(application, "movie --id 9001 --remove")
            for user in 1...3 {
                let list = try #require(try list(application, user: Int64(user), .movieWithdrawn))
                #expect(list.sequence == 3 && !list.items.contains { $0.movieID == 9001 })
            }

            try produce(application, "rating --user 2 --movie 2 --remove --event-id undo")
            let undone = try #require(try list(application, user: 2, .ratingRemoved))
            #expect(undone.items.contains { $0.movieID == 2 } && undone.causedBy.map(\.eventID) == ["undo"])

            try forget(application)
            application.stop(service)
            let state = try application.export()
            #expect(state.keys.sorted() == [1, 2, 3])
            #expect(state[1]?.ratings.map { $0.prefix(2).map { $0 } } == [[4, 5]] && state[1]?.listSequence == 1)
            #expect(state[2]?.ratings == [] && state[3]?.ratings.count == 1)
            #expect(try application.digest() == application.digest(state: application.stateFolder))
        }

        /// User 1 is forgotten, is in no export, and begins anew with his next rating.
        private func forget(_ application: Application) throws {
            try produce(application, "user --id 1 --remove")
            let key = Array("1".utf8)
            let isForgotten = try eventually(seconds: 10) {
                try application.records(application.topics.recommendations).last { $0.key == key }?.value == nil
            }
            #expect(isForgotten, "no null follows the user's lists")
            // The journal follows the lists at once, but after them.
            let isGone = try eventually(seconds: 5) { try application.export().keys.sorted() == [2, 3] }
            #expect(isGone)
            try produce(application, "rating --user 1 --movie 4 --rating 5 --event-id anew")
            var newest: RecommendationList?
            _ = try eventually(seconds: 10) {
                let record = try application.records(application.topics.recommendations).last { $0.key == key }
                newest = try record?.value?.withUnsafeBytes { try RecommendationList(json: $0) }
                return newest != nil
            }
            #expect(newest?.sequence == 1 && newest?.causedBy.map(\.eventID) == ["anew"])
            #expect(newest?.items.contains { $0.movieID == 1 } == true, "his old rating still counts")
        }

        @Test
        func `Events come from standard input, and a bad line is named`() throws {
            let application = try Application(partitions: 2)
            let produce = ["produce"] + application.connection
            let movies = (1...4).map { #"{"movie_id":\#($0),"title":"M\#($0)"}"# }.joined(separator: "\n")
            let first = try marquee(produce + ["--topic", "movies", "--output", "json"], input: movies)
            #expect(first.ending == .exited(0) && first.output == "{\"published\":4}\n", "\(first.errors)")
            let service = try application.serve()
            let ratings = (1...50).map {
                #"{"user_id":\#($0),"movie_id":\#($0 % 4 + 1),"rating":\#($0 % 5 + 1),"event_id":"\#($0)"}"#
            }
            let second = try marquee(produce, input: "\n" + ratings.joined(separator: "\n\n") + "\n")
            #expect(second.ending == .exited(0) && second.output == "published 50 to ratings\n", "\(second.errors)")

            let bad = try marquee(produce, input: ratings[0] + "\n{\"user_id\":\"x\"}\n" + ratings[1])
            #expect(bad.ending == .exited(1) && bad.output.isEmpty)
            #expect(bad.isOneSentence && bad.errors.contains("line 2") && bad.errors.contains("user_id"))

            let oracle = try ListHistory.waitForAnswers(application)
            #expect(oracle.eventIDs.count == 51 && oracle.answered.count == 50)
            application.stop(service)
            let history = try ListHistory(application)
            #expect(history.problems(against: oracle, topics: application.topics, listLength: 20) == [])
        }
    }
}
