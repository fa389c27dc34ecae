import CommandLineOptions
import Kafka

/// How a command reaches Kafka, from its options.
struct ConnectionOptions {
    var configuration: KafkaConfiguration
    var topics: KafkaTopics
    /// For questions about the cluster; it is connected. Making another takes tens of milliseconds.
    let admin: KafkaAdmin

    /// Checks addresses and properties, and that a broker answers.
    ///
    /// - Parameter topicPrefix: for commands without --topic-prefix.
    init(_ invocation: Invocation, applicationID: String = "marquee", topicPrefix: String? = nil) throws {
        let brokers = try Self.addresses(invocation)
        configuration = try Self.configuration(invocation, servers: brokers)
        topics = KafkaTopics(
            prefix: topicPrefix ?? invocation.string(ifSet: "topic-prefix") ?? "", applicationID: applicationID)
        admin = try KafkaAdmin(configuration)
        do {
            try admin.checkReachable(deadlineMilliseconds: 5000)
        } catch let error as KafkaError {
            guard case .unreachable(let servers, let reason) = error else { throw error }
            throw UserFacingError(
                "no Kafka broker answers at \(servers) (\(reason)): start one, for example 'marquee broker', or give"
                    + " another address with --brokers")
        }
    }

    /// The given servers with what --kafka says, which beats `defaults`.
    static func configuration(
        _ invocation: Invocation, servers: String, defaults: [String: String] = [:]
    ) throws -> KafkaConfiguration {
        var properties = defaults
        for property in invocation.properties("kafka") {
            // MARQUEE_KAFKA_HOME is where the tests find an Apache Kafka; it may be set in the same shell.
            if property.key == "home", case .environment = property.origin { continue }
            guard !property.key.isEmpty else {
                throw UsageError("\(property.origin) expects key=value, for example --kafka compression.type=lz4")
            }
            properties[property.key] = property.value
        }
        do {
            return try KafkaConfiguration(bootstrapServers: servers, properties: properties)
        } catch let error as KafkaConfigurationError {
            throw UsageError(error.description)
        }
    }

    /// What to say of a public topic that is not there.
    func missing(_ topic: String) -> UserFacingError {
        UserFacingError(
            "the topic '\(topic)' is missing on \(configuration.bootstrapServers): make it with '\(creationCommand)'")
    }

    /// The command that makes the public topics as they are named here.
    var creationCommand: String {
        let prefix = topics.prefix.isEmpty ? "" : " --topic-prefix \(topics.prefix)"
        return "marquee topics create --brokers \(configuration.bootstrapServers)\(prefix)"
    }

    /// `:9092` means this machine.
    private static func addresses(_ invocation: Invocation) throws -> String {
        let given = try invocation.string("brokers")
        let parts = given.split(separator: ",").map { $0.hasPrefix(":") ? "127.0.0.1\($0)" : String($0) }
        for part in parts {
            // A port follows the last colon, unless that one stands within an IPv6 address.
            let colon = part.hasSuffix("]") ? nil : part.lastIndex(of: ":")
            let port = colon.map { Int(part[part.index(after: $0)...]) ?? 0 } ?? 9092
            if part.contains(" ") || !(1...65535).contains(port) {
                throw invocation.error("brokers", expected: "HOST:PORT, several separated by commas")
            }
        }
        if parts.isEmpty { throw invocation.error("brokers", expected: "HOST:PORT, several separated by commas") }
        return parts.joined(separator: ",")
    }
}
