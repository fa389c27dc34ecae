import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    struct ReplayTests {
        private struct Summary: Decodable {
            var movies: Int
            var users: Int
            var ratings: Int
            var isResumed: Bool
            var ratingsPerSecond: Double
        }

        @Test
        func `An interrupted replay goes on with the rating that is missing, at the speed that was asked for`() throws {
            // A busy machine may be late once.
            var speed = 0.0
            for _ in 0..<2 {
                speed = try resumedSpeed()
                if abs(speed / 2000 - 1) < 0.05 { break }
            }
            #expect(abs(speed / 2000 - 1) < 0.05, "2000 ratings/s were asked for")
        }

        /// Ratings a second by the records' own times in a run that resumes another.
        private func resumedSpeed() throws -> Double {
            let application = try Application(partitions: 3)
            let dataset = try DatasetFolder(seed: 6, users: 150, movies: 150, ratings: 8000)
            let arguments =
                ["replay"] + application.connection
                + ["--dataset", dataset.path, "--speed", "2000/s", "--output", "json"]
            let first = try ChildProcess(arguments)
            let topic = application.topics.name(of: .ratings)
            let hasBegun = try eventually(seconds: 20) { try application.records(topic).count > 1000 }
            #expect(hasBegun, "\(first.errors)")
            first.signal(SIGINT)
            #expect(first.wait(seconds: 10) == .exited(130))
            let begun = try JSONDecoder().decode(Summary.self, from: Data(first.output.utf8))
            #expect(begun.movies == 150 && begun.users == 150 && !begun.isResumed)
            #expect(try application.records(topic).count == begun.ratings)

            let second = try marquee(arguments)
            #expect(second.ending == .exited(0))
            let rest = try second.json(Summary.self)
            #expect(rest.isResumed && rest.movies == 0 && rest.users == 0)
            #expect(begun.ratings + rest.ratings == 8000)
            let oracle = try RatingOracle(application)
            #expect(oracle.eventIDs.compactMap { Int($0) }.sorted() == Array(0..<8000))

            let third = try marquee(arguments)
            #expect(third.ending == .exited(0))
            #expect(try third.json(Summary.self).ratings == 0)

            let times = try application.records(topic).map(\.timestampMilliseconds).sorted().suffix(rest.ratings)
            let milliseconds = try #require(times.last) - #require(times.first)
            print("replay at 2000/s: \(rest.ratingsPerSecond)/s by itself")
            return Double(rest.ratings - 1) / Double(milliseconds) * 1000
        }

        @Test
        func `A part of a stream is published from a number to a limit`() throws {
            let application = try Application()
            let dataset = try DatasetFolder(seed: 7, ratings: 300)
            try application.replay(dataset, ["--from", "100", "--limit", "250"])
            #expect(try RatingOracle(application).eventIDs == (100..<250).map { String($0) })
            #expect(try application.records(application.topics.name(of: .movies)).isEmpty)
        }
    }
}
