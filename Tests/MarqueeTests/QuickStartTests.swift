import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    /// What a newcomer types: each command a process of its own.
    struct QuickStartTests {
        @Test
        func `The embedded broker of one process serves the commands of others`() throws {
            let port = try FreePorts.one()
            let broker = try ChildProcess(["broker", "--port", String(port), "--partitions", "2"])
            #expect(broker.waitForErrors("serves on 127.0.0.1:\(port)"), "\(broker.errors)")
            let connection = ["--brokers", ":\(port)"]
            let state = try TemporaryFolder()
            let service = try ChildProcess(["serve", "--state-dir", state.path] + connection)
            // It makes its own topics there.
            #expect(service.waitForErrors("serving 'marquee'"), "\(service.errors)")
            #expect(service.waitForErrors("index: exact, 0 movies, 0.0 MB, filled in "), "\(service.errors)")
            let rating = ["produce", "rating", "--user", "7", "--movie", "3", "--rating", "4"] + connection
            #expect(try marquee(rating).output == "published 1 to ratings\n")
            let list = try marquee(["consume", "--from", "earliest", "--count", "1"] + connection)
            #expect(list.ending == .exited(0) && list.output.hasPrefix("user 7, list 1: after a rating\n"))
            service.signal(SIGINT)
            #expect(service.wait(seconds: 10) == .exited(0), "\(service.errors)")
            let digest = try marquee(["state", "digest", "--state-dir", state.path] + connection)
            #expect(digest.ending == .exited(0) && digest.output.contains("ratings  1 applied"), "\(digest.errors)")
            broker.signal(SIGINT)
            #expect(broker.wait(seconds: 10) == .exited(0))
        }

        @Test
        func `A reader chooses user, place and number of lists`() throws {
            let application = try Application()
            let service = try application.serve()
            for movie in 1...3 {
                try application.send(
                    (1...2).map { (.ratings, $0, #"{"user_id":\#($0),"movie_id":\#(movie),"rating":4}"#) })
                try ListHistory.waitForAnswers(application)
            }
            let now = Int(Date().timeIntervalSince1970) + 1
            application.stop(service)
            let total = try application.records(application.topics.recommendations).count
            #expect(total >= 6)

            func lines(_ options: String...) throws -> [String] {
                let arguments = ["consume"] + application.connection + options + ["--output", "json"]
                let finished = try marquee(arguments)
                #expect(finished.ending == .exited(0) && finished.errors.isEmpty, "\(finished.errors)")
                return finished.output.split(separator: "\n").map(String.init)
            }
            let ofUser = try lines("--from", "earliest", "--user", "2", "--count", "3")
            #expect(ofUser.count == 3 && ofUser.allSatisfy { $0.hasPrefix("{\"user_id\":2,") })
            let all = try lines("--from", "earliest", "--count", String(total))
            #expect(try lines("--from", "last=2", "--count", "2") == all.suffix(2))
            guard TestBroker.isApacheKafka else { return }
            #expect(try lines("--from", "ts=\(now - 3600)", "--count", String(total)) == all)
        }
    }
}
