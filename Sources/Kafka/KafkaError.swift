/// What the adapters themselves find wrong.
public enum KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No broker answered in time. `servers` are the addresses that were tried.
    case unreachable(servers: String, reason: String)
    case topicMissing(String)
    /// The journal record stands elsewhere than this leader's count says, so another leader appends too.
    case anotherLeaderWrote(topic: String, expected: Int64, got: Int64)
    /// Nothing came for `milliseconds` though `partition` holds more.
    case stalled(partition: String, position: Int64, wanted: Int64, milliseconds: Int)
    /// The log begins after the position that is needed.
    case trimmed(partition: String, position: Int64, beginning: Int64)
    /// A replayed batch names more records than the batch has room for.
    case batchTooSmall(capacity: Int)
    /// These many records were still unacknowledged when the time was up.
    case notDelivered(records: Int, milliseconds: Int)
    case brokerDidNotStart(reason: String)

    public var reaction: KafkaReaction {
        switch self {
        case .unreachable, .stalled, .notDelivered: .retry
        case .topicMissing, .anotherLeaderWrote, .trimmed, .batchTooSmall, .brokerDidNotStart: .fatal
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let servers, let reason):
            "Broker unreachable at \(servers): \(reason)."
        case .topicMissing(let topic):
            "Topic '\(topic)' does not exist."
        case .anotherLeaderWrote(let topic, let expected, let got):
            "Another leader writes to '\(topic)': a record stands at offset \(got) where \(expected) was expected."
        case .stalled(let partition, let position, let wanted, let milliseconds):
            "\(partition) gave nothing for \(milliseconds) ms at offset \(position), though \(wanted) must be reached."
        case .trimmed(let partition, let position, let beginning):
            "\(partition) begins at offset \(beginning), after offset \(position), which is needed."
        case .batchTooSmall(let capacity):
            "The batch to replay holds more than the \(capacity) records that there is room for."
        case .notDelivered(let records, let milliseconds):
            "\(records) records were not acknowledged within \(milliseconds) ms."
        case .brokerDidNotStart(let reason):
            "The embedded broker did not start: \(reason)."
        }
    }
}
