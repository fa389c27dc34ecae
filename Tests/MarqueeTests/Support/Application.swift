import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Testing

/// Topics, application id and state directory that no other test uses.
final class Application {
    let topics: KafkaTopics
    let servers: String
    let stateFolder: TemporaryFolder

    /// Makes the topics, the public ones with this many partitions.
    init(partitions: Int = 1) throws {
        topics = try TestBroker.topics(ratings: partitions, users: partitions, movies: partitions)
        servers = try TestBroker.servers()
        stateFolder = try TemporaryFolder()
    }

    var connection: [String] { ["--brokers", servers, "--topic-prefix", topics.prefix] }
    var identity: [String] { connection + ["--application-id", topics.applicationID] }

    /// Starts `marquee serve` and waits until it reads the stream.
    func serve(
        _ options: [String] = [], state: TemporaryFolder? = nil, _ location: SourceLocation = #_sourceLocation
    ) throws -> ChildProcess {
        let service = try startService(options, state: state)
        let isLive = service.waitForErrors("serving '\(topics.applicationID)'")
        try #require(isLive, "serve said: \(service.errors)", sourceLocation: location)
        return service
    }

    func startService(_ options: [String] = [], state: TemporaryFolder? = nil) throws -> ChildProcess {
        try ChildProcess(["serve"] + identity + ["--state-dir", (state ?? stateFolder).path] + options)
    }

    /// Stops a service as an operator does; fails the test when it does not end by itself within ten seconds.
    func stop(_ service: ChildProcess, _ location: SourceLocation = #_sourceLocation) {
        service.signal(SIGTERM)
        let ending = service.wait(seconds: 10, location)
        #expect(ending == .exited(0), "serve said: \(service.errors)", sourceLocation: location)
    }

    func replay(
        _ dataset: DatasetFolder, _ options: [String] = [], _ location: SourceLocation = #_sourceLocation
    ) throws {
        let arguments = ["replay"] + connection + ["--dataset", dataset.path] + options
        let replay = try marquee(arguments, seconds: 60, location)
        #expect(replay.ending == .exited(0), "replay said: \(replay.errors)", sourceLocation: location)
    }

    /// Publishes movies and users, and the first rating: what a service reads without lists at its first start. Topics
    /// are read independently, so who publishes all at once to a service that runs may see a rating before a movie.
    func publishCatalogue(_ dataset: DatasetFolder) throws { try replay(dataset, ["--limit", "1"]) }

    /// `marquee state digest` with this state directory; by the journal alone without one. `errors` receives
    /// what it said.
    func digest(
        state: TemporaryFolder? = nil, at epoch: Int64? = nil, errors: UnsafeMutablePointer<String>? = nil
    ) throws -> StateDigest {
        var arguments = ["state", "digest"] + identity + ["--output", "json"]
        if let state { arguments += ["--state-dir", state.path] } else { arguments.append("--replay") }
        if let epoch { arguments += ["--at", String(epoch)] }
        let finished = try marquee(arguments)
        try #require(finished.ending == .exited(0), "state digest said: \(finished.errors)")
        errors?.pointee = finished.errors
        return try finished.json(StateDigest.self)
    }

    /// `marquee state export`, by user.
    func export() throws -> [Int64: ExportedUser] {
        try marquee(["state", "export"] + identity + ["--state-dir", stateFolder.path]).exportedUsers()
    }

    /// All records of a topic up to its end as of now; of one partition they are in order.
    func records(_ topic: String) throws -> [KafkaRecord] {
        var records: [KafkaRecord] = []
        let reader = try KafkaTopicReader(TestBroker.configuration(), topic: topic, from: .beginning)
        try reader.readToEnd { records.append($0.copy()) }
        return records
    }

    /// Sends ratings and other events, each to the partition of its key.
    func send(_ events: [(topic: InputTopic, key: Int64, json: String?)]) throws {
        let producer = try KafkaEventProducer(TestBroker.configuration(), lingerMilliseconds: 0)
        defer { producer.close() }
        for event in events {
            try producer.send(
                to: producer.topic(topics.name(of: event.topic)),
                (key: Array(String(event.key).utf8), value: event.json.map { Array($0.utf8) }))
        }
        try producer.flush(deadlineMilliseconds: 20_000)
    }
}
