import Foundation
import Kafka
import ProcessTestSupport
import Testing

/// What a service promises.
enum Delivery: String {
    case exactlyOnce = "exactly-once"
    /// A killed process may have published lists that it did not bring into the journal; later ones replace them.
    case atLeastOnce = "at-least-once"
}

/// An application on a broker: topics as `topics create` makes them, and the commands that work on them.
final class Deployment {
    let servers: String
    let topics: KafkaTopics
    let partitions: Int
    let delivery: Delivery
    /// Go to every `serve`.
    var serviceOptions: [String]
    /// Short lists, so that decoding them all takes no longer than making them.
    static let listLength = 5

    init(
        servers: String, partitions: Int, delivery: Delivery = Intensity.delivery, serviceOptions: [String] = []
    ) throws {
        self.servers = servers
        self.partitions = partitions
        self.delivery = delivery
        self.serviceOptions = serviceOptions
        let id = String(UInt64.random(in: 0 ... .max), radix: 36)
        topics = KafkaTopics(prefix: "t\(id)-", applicationID: "app\(id)")
        let made = try marquee(["topics", "create", "--partitions", String(partitions)] + identity)
        try #require(made.ending == .exited(0), "topics create said: \(made.errors)")
    }

    /// A second application that reads the same inputs.
    init(beside other: Deployment) throws {
        servers = other.servers
        partitions = other.partitions
        delivery = other.delivery
        serviceOptions = other.serviceOptions
        topics = KafkaTopics(prefix: other.topics.prefix, applicationID: other.topics.applicationID + "-beside")
    }

    var identity: [String] { identity(servers) }

    private func identity(_ servers: String) -> [String] {
        ["--brokers", servers, "--topic-prefix", topics.prefix, "--application-id", topics.applicationID]
    }

    /// Starts `marquee serve`; `servers` is another address of the same broker.
    func startService(
        state: String, servers: String? = nil, wrapper: [String] = []
    ) throws -> ChildProcess {
        try ChildProcess(
            ["serve"] + identity(servers ?? self.servers)
                + [
                    "--state-dir", state, "--delivery", delivery.rawValue, "--top-k", String(Self.listLength),
                    "--http", "off",
                ] + serviceOptions, wrapper: wrapper)
    }

    /// Starts `marquee serve` and waits until it leads and reads the stream.
    func serve(
        state: String, servers: String? = nil, wrapper: [String] = [], _ location: SourceLocation = #_sourceLocation
    ) throws -> ChildProcess {
        let service = try startService(state: state, servers: servers, wrapper: wrapper)
        try waitUntilServing(service, location)
        return service
    }

    func waitUntilServing(_ service: ChildProcess, _ location: SourceLocation = #_sourceLocation) throws {
        let isServing = service.waitForErrors("serving '\(topics.applicationID)'", seconds: 60)
        try #require(isServing, "serve said: \(service.errors)", sourceLocation: location)
    }

    /// Stops a service as an operator does; fails the test when it does not end by itself within ten seconds.
    func stop(_ service: ChildProcess, _ location: SourceLocation = #_sourceLocation) {
        service.signal(SIGTERM)
        let ending = service.wait(seconds: 10, location)
        #expect(ending == .exited(0), "serve said: \(service.errors)", sourceLocation: location)
    }

    func configuration() throws -> KafkaConfiguration { try KafkaConfiguration(bootstrapServers: servers) }

    /// Calls `body` with every committed record of a topic up to its end as of now.
    func read(_ topic: String, _ body: (KafkaTopicReader.BorrowedRecord) throws -> Void) throws {
        try KafkaTopicReader(configuration(), topic: topic, from: .beginning).readToEnd(body)
    }

    /// `marquee state digest` from the checkpoints of a state directory; by the journal alone without one.
    func digest(state: String? = nil, at epoch: Int64? = nil, _ location: SourceLocation = #_sourceLocation) throws
        -> StateDigest
    {
        let finished = try inspect("digest", state, epoch, ["--output", "json"])
        try #require(finished.ending == .exited(0), "digest said: \(finished.errors)", sourceLocation: location)
        return try finished.json(StateDigest.self)
    }

    /// `marquee state export`, by user.
    func export(state: String? = nil, at epoch: Int64? = nil, _ location: SourceLocation = #_sourceLocation) throws
        -> [Int64: ExportedUser]
    {
        try inspect("export", state, epoch, []).exportedUsers(location)
    }

    private func inspect(_ command: String, _ state: String?, _ epoch: Int64?, _ options: [String]) throws -> Finished {
        let empty = try TemporaryFolder()
        var arguments = ["state", command] + identity + ["--state-dir", state ?? empty.path] + options
        if let epoch { arguments += ["--at", String(epoch)] }
        // Without it the checkpoint topic would do for the folder.
        if state == nil { arguments.append("--replay") }
        return try marquee(arguments, seconds: 120)
    }
}
