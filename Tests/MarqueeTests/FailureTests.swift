import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    /// What goes wrong outside of Marquee: code 1, and one sentence that says what to do.
    struct FailureTests {
        private func expect(
            _ arguments: [String], _ named: [String], environment: [String: String] = [:],
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            expect(try marquee(arguments, environment: environment, location), named, location)
        }

        private func expect(
            _ finished: Finished, _ named: [String], _ location: SourceLocation = #_sourceLocation
        ) {
            #expect(finished.ending == .exited(1), sourceLocation: location)
            #expect(finished.output.isEmpty, sourceLocation: location)
            #expect(finished.isOneSentence, "\(finished.errors)", sourceLocation: location)
            for name in named {
                #expect(finished.errors.contains(name), "\(finished.errors)", sourceLocation: location)
            }
        }

        @Test
        func `A missing data set is named`() throws {
            let servers = try TestBroker.servers()
            let folder = try TemporaryFolder()
            try expect(["replay", "--brokers", servers, "--dataset", "/no/such/folder"], ["/no/such/folder"])
            try expect(["replay", "--brokers", servers, "--dataset", folder.path], [folder.path])
            try folder.write("movies.dat", Data())
            try expect(["replay", "--brokers", servers, "--dataset", folder.path], ["movies.dat", "ratings.dat"])
        }

        @Test
        func `A broker that does not answer is named`() throws {
            // Port 1 is never served on loopback. All at once, since each is patient for some seconds.
            let commands = [["serve"], ["consume"], ["topics", "create"], ["state", "digest"], ["produce"]]
            for process in try commands.map({ try ChildProcess($0 + ["--brokers", "127.0.0.1:1"]) }) {
                process.wait(seconds: 20)
                expect(Finished(of: process), ["127.0.0.1:1", "--brokers"])
            }
        }

        @Test
        func `Missing topics are named with the command that makes them`() throws {
            let servers = try TestBroker.servers()
            let prefix = "missing\(UInt32.random(in: 0 ... .max))-"
            let connection = ["--brokers", servers, "--topic-prefix", prefix]
            let fix = "'marquee topics create --brokers \(servers) --topic-prefix \(prefix)'"
            let dataset = try DatasetFolder(users: 4, movies: 10, ratings: 20)
            for command in [
                ["serve", "--application-id", "\(prefix)app"], ["consume"], ["produce"],
                ["produce", "user", "--id", "3"], ["replay", "--dataset", dataset.path],
            ] {
                try expect(command + connection, ["'\(prefix)", "is missing", fix])
            }
            let digest = ["state", "digest", "--application-id", "\(prefix)app"]
            try expect(digest + connection, ["\(prefix)app", "--application-id"])
            let check = try marquee(["topics", "check", "--application-id", "\(prefix)app"] + connection)
            #expect(check.ending == .exited(1) && check.output.contains(fix) && check.errors.isEmpty)
        }

        @Test
        func `A state directory that can't be used is named`() throws {
            let application = try Application()
            let folder = try TemporaryFolder()
            try folder.write("file", Data())
            let serve = ["serve"] + application.identity
            try expect(serve + ["--state-dir", "\(folder.path)/file"], ["\(folder.path)/file", "--state-dir"])
            try expect(serve + ["--state-dir", "/proc/none"], ["/proc/none", "--state-dir"])

            let service = try application.serve()
            try expect(
                serve + ["--state-dir", application.stateFolder.path], [application.stateFolder.path, "another"])
            application.stop(service)
        }

        @Test
        func `A checkpoint of another application is not touched`() throws {
            let application = try Application()
            try application.send([(.ratings, 1, #"{"user_id":1,"movie_id":2,"rating":4}"#)])
            let service = try application.serve()
            try ListHistory.waitForAnswers(application)
            application.stop(service)
            let other = try Application()
            let serve = ["serve"] + other.identity + ["--state-dir", application.stateFolder.path]
            try expect(serve, [application.topics.applicationID, "--state-dir"])
        }

        @Test
        func `A busy port is named`() throws {
            let port = try FreePorts.one()
            let broker = try ChildProcess(["broker", "--port", String(port)])
            #expect(broker.waitForErrors("serves on 127.0.0.1:\(port)"))
            try expect(["broker", "--port", String(port)], [String(port), "--port"])
            broker.signal(SIGTERM)
            #expect(broker.wait(seconds: 10) == .exited(0))
            #expect(broker.output.isEmpty)
        }

        /// The variable that these tests are told by may be set in the shell that runs a service.
        @Test
        func `The variable that names a Kafka for tests is no property`() throws {
            let application = try Application()
            let finished = try marquee(
                ["topics", "check"] + application.identity, environment: ["MARQUEE_KAFKA_HOME": "/opt/kafka"])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
        }
    }
}
