/// A property that the user passed through and that cannot be used. Values never appear in the text when the
/// property may hold a secret.
public enum KafkaConfigurationError: Error, Equatable, CustomStringConvertible {
    case unknownProperty(name: String, suggestion: String?)
    /// `reason` is librdkafka's own words, nil where they could give a secret away.
    case invalidValue(name: String, reason: String?)
    /// The adapters rely on their own value of this property.
    case reserved(name: String)
    case clientRefused(reason: String)

    public var description: String {
        switch self {
        case .unknownProperty(let name, let suggestion?):
            "librdkafka has no property '\(name)'; did you mean '\(suggestion)'?"
        case .unknownProperty(let name, nil):
            "librdkafka has no property '\(name)'."
        case .invalidValue(let name, let reason?):
            "The value of Kafka property '\(name)' cannot be used: \(reason)."
        case .invalidValue(let name, nil):
            "The value of Kafka property '\(name)' cannot be used."
        case .reserved(let name):
            "Kafka property '\(name)' is set by Marquee itself and cannot be changed."
        case .clientRefused(let reason):
            "librdkafka refused its configuration: \(reason)."
        }
    }
}
