import CRdKafka

/// How to reach a Kafka cluster: its addresses and any librdkafka properties that the user passes through.
///
/// What Marquee needs otherwise than librdkafka's defaults stands in `defaults`; a user's property beats it. What the
/// adapters rely on (`required` of each client) cannot be changed: see `KafkaConfigurationError.reserved`.
public struct KafkaConfiguration: Sendable {
    /// `host:port`, several separated by commas.
    public let bootstrapServers: String
    /// librdkafka properties given by the user. Values may be secrets: never print them.
    public let properties: [String: String]
    /// Receives librdkafka's own log lines, from any thread. Nil drops them.
    public var log: (@Sendable (KafkaLogLine) -> Void)?

    /// Checks every name and value at once, so that a typing error shows before anything connects.
    public init(
        bootstrapServers: String, properties: [String: String] = [:], log: (@Sendable (KafkaLogLine) -> Void)? = nil
    ) throws {
        self.bootstrapServers = bootstrapServers
        self.properties = properties
        self.log = log
        let scratch = PropertySet()
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            if Self.reservedNames.contains(name) { throw KafkaConfigurationError.reserved(name: name) }
            try scratch.set(name, value)
        }
    }

    /// Properties that the adapters set themselves and that a user therefore may not.
    static let reservedNames: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "group.id", "enable.auto.commit", "auto.commit.enable",
        "enable.auto.offset.store", "enable.partition.eof", "auto.offset.reset", "transactional.id",
        "group.instance.id", "partition.assignment.strategy",
    ]

    /// For every client. Reconnects are quick because a service that restarts with its broker should serve again
    /// within a second.
    static let commonDefaults: [(name: String, value: String)] = [
        ("client.id", "marquee"), ("socket.nagle.disable", "true"), ("reconnect.backoff.ms", "50"),
        ("reconnect.backoff.max.ms", "1000"), ("log.connection.close", "false"),
    ]

    /// For clients that read.
    static let consumerDefaults: [(name: String, value: String)] = [
        ("check.crcs", "true"), ("isolation.level", "read_committed"), ("allow.auto.create.topics", "false"),
    ]

    /// For clients that write. A broker that is away is waited for without end: nothing is ever dropped.
    static let producerDefaults: [(name: String, value: String)] = [
        ("partitioner", "murmur2_random"), ("enable.idempotence", "true"), ("message.timeout.ms", "0"),
    ]

    /// Properties as librdkafka takes them: `defaults`, then the user's where the client's kind knows them, then
    /// `required`.
    func propertySet(
        defaults: [(name: String, value: String)], required: [(name: String, value: String)]
    ) throws -> PropertySet {
        let set = PropertySet()
        for (name, value) in Self.commonDefaults + defaults { try set.set(name, value) }
        for (name, value) in properties { try set.set(name, value) }
        for (name, value) in required { try set.set(name, value) }
        try set.set("bootstrap.servers", bootstrapServers)
        return set
    }
}

/// A line of librdkafka's log.
public struct KafkaLogLine: Sendable {
    /// Syslog's level: 0 emergency … 7 debug.
    public var level: Int
    public var facility: String
    public var message: String
}

/// Owns an `rd_kafka_conf_t` until a client takes it.
final class PropertySet {
    private(set) var handle: OpaquePointer?

    init() { handle = rd_kafka_conf_new() }

    deinit { if let handle { rd_kafka_conf_destroy(handle) } }

    /// A client that was made of the handle owns it from then on.
    func relinquish() { handle = nil }

    func set(_ name: String, _ value: String) throws {
        var reason = [CChar](repeating: 0, count: 512)
        switch rd_kafka_conf_set(handle, name, value, &reason, reason.count) {
        case RD_KAFKA_CONF_OK:
            return
        case RD_KAFKA_CONF_UNKNOWN:
            throw KafkaConfigurationError.unknownProperty(
                name: name, suggestion: PropertyNames.closest(to: name, among: PropertyNames.all))
        default:
            throw KafkaConfigurationError.invalidValue(
                name: name, reason: PropertyNames.isSecret(name) ? nil : text(of: reason))
        }
    }

    func value(of name: String) -> String? {
        var size = 0
        guard rd_kafka_conf_get(handle, name, nil, &size) == RD_KAFKA_CONF_OK, size > 0 else { return nil }
        var value = [CChar](repeating: 0, count: size)
        guard rd_kafka_conf_get(handle, name, &value, &size) == RD_KAFKA_CONF_OK else { return nil }
        return text(of: value)
    }
}

/// The text in a C buffer up to its terminating zero.
func text(of buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
