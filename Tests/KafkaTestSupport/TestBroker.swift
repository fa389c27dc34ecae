import Foundation
import Kafka

/// The broker that a test process works on, started at the first use:
///
/// 1. what `MARQUEE_TEST_BROKERS` names, an Apache Kafka of the caller's;
/// 2. else an Apache Kafka from the folder `MARQUEE_KAFKA_HOME`, on a temporary directory, which ends with this process
///    however it ends;
/// 3. else the embedded broker.
///
/// Tests that the embedded broker cannot serve are marked `.enabled(if: TestBroker.isApacheKafka)` and show as
/// skipped there.
public enum TestBroker {
    private enum Backing {
        case apacheKafka(servers: String)
        case embedded(EmbeddedBroker)
    }

    /// Held for the life of the process. The embedded broker's class has no state that its calls do not guard.
    private struct Shared: @unchecked Sendable {
        // Unchecked because EmbeddedBroker is not Sendable: librdkafka's mock calls lock by themselves, and nothing
        // here stops the broker.
        let backing: Backing
    }

    private static let shared: Result<Shared, any Error> = Result {
        let environment = ProcessInfo.processInfo.environment
        if let servers = environment["MARQUEE_TEST_BROKERS"], !servers.isEmpty {
            return Shared(backing: .apacheKafka(servers: servers))
        }
        if let home = ApacheKafka.home {
            return Shared(backing: .apacheKafka(servers: try ApacheKafka.start(home: home, name: "shared")))
        }
        return Shared(backing: .embedded(try EmbeddedBroker()))
    }

    /// True for a real Kafka: transactions, topic settings, lookup by time.
    public static var isApacheKafka: Bool {
        let environment = ProcessInfo.processInfo.environment
        return ["MARQUEE_TEST_BROKERS", "MARQUEE_KAFKA_HOME"].contains { environment[$0]?.isEmpty == false }
    }

    public static func servers() throws -> String {
        switch try shared.get().backing {
        case .apacheKafka(let servers): servers
        case .embedded(let broker): broker.bootstrapServers
        }
    }

    public static func configuration(_ properties: [String: String] = [:]) throws -> KafkaConfiguration {
        try KafkaConfiguration(bootstrapServers: servers(), properties: properties)
    }

    public static func createTopic(_ name: String, partitions: Int, settings: [String: String] = [:]) throws {
        switch try shared.get().backing {
        case .embedded(let broker):
            try broker.createTopic(name, partitions: partitions)
        case .apacheKafka:
            let admin = try KafkaAdmin(configuration())
            defer { admin.close() }
            _ = try admin.create([NewKafkaTopic(name: name, partitions: partitions, settings: settings)])
        }
    }

    /// Names that no other test uses, with all of the application's topics created.
    public static func topics(ratings: Int = 1, users: Int = 1, movies: Int = 1) throws -> KafkaTopics {
        let id = String(UInt64.random(in: 0 ... .max), radix: 36)
        let topics = KafkaTopics(prefix: "t\(id)-", applicationID: "app\(id)")
        try createTopic(topics.name(of: .movies), partitions: movies)
        try createTopic(topics.name(of: .users), partitions: users)
        try createTopic(topics.name(of: .ratings), partitions: ratings)
        // The least that `serve` asks for, as topics of other tools have it.
        try createTopic(topics.recommendations, partitions: ratings, settings: ["cleanup.policy": "compact"])
        for name in [topics.deadLetters, topics.journal] { try createTopic(name, partitions: 1) }
        try createTopic(
            topics.checkpoints, partitions: 1, settings: ["cleanup.policy": "compact,delete", "retention.ms": "-1"])
        return topics
    }
}
