/// A command with the values of its options, all of them checked.
///
/// Asking for an option that the command does not declare, or by the wrong type, is a programming error.
public struct Invocation: Sendable {
    /// The names from below the program to the command: `["topics", "create"]`.
    public let command: [String]
    /// Sentences for the user about what looks like a mistake and was ignored.
    public let warnings: [String]
    let options: [String: Option]
    let values: [String: [GivenValue]]

    /// Whether the option was given anywhere, its default aside.
    public func isSet(_ name: String) -> Bool {
        guard let origin = origin(of: name) else { return false }
        if case .standard = origin { return false }
        return true
    }

    /// Where the option's value came from; nil when it has none.
    public func origin(of name: String) -> Origin? { given(name).last?.origin }

    public func flag(_ name: String) -> Bool {
        precondition(option(name).kind == .flag, "--\(name) is not a flag")
        return given(name).last.flatMap { Option.truth($0.text) } ?? false
    }

    /// The value of a string, path or choice; throws `UsageError` when there is none.
    public func string(_ name: String) throws(UsageError) -> String { try value(name, string(ifSet: name)) }
    public func int(_ name: String) throws(UsageError) -> Int { try value(name, int(ifSet: name)) }
    public func double(_ name: String) throws(UsageError) -> Double { try value(name, double(ifSet: name)) }
    public func duration(_ name: String) throws(UsageError) -> DurationSetting {
        try value(name, duration(ifSet: name))
    }

    /// The value or the default; nil when there is neither.
    public func string(ifSet name: String) -> String? { given(name).last?.text }

    public func int(ifSet name: String) -> Int? {
        guard case .integer = option(name).kind else { preconditionFailure("--\(name) is no whole number") }
        return given(name).last.flatMap { Int($0.text) }
    }

    public func double(ifSet name: String) -> Double? {
        guard case .number = option(name).kind else { preconditionFailure("--\(name) is no number") }
        return given(name).last.flatMap { Double($0.text) }
    }

    public func duration(ifSet name: String) -> DurationSetting? {
        guard case .duration = option(name).kind else { preconditionFailure("--\(name) is no duration") }
        return given(name).last.flatMap { DurationSetting($0.text) }
    }

    /// All values of a repeatable option, in their order.
    public func list(_ name: String) -> [String] { given(name).map(\.text) }

    /// The entries of a `properties` option, by key.
    public func properties(_ name: String) -> [Property] {
        precondition(option(name).kind == .properties, "--\(name) has no entries")
        return given(name).map { Property(given: $0) }
    }

    /// What the caller throws when a value is right in form but not in content: `<where> expects <expectation>,
    /// found '<value>'`.
    public func error(_ name: String, expected expectation: String) -> UsageError {
        guard let given = given(name).last else { return missing(name) }
        let found = option(name).isSecret ? "" : ", found '\(given.text)'"
        return UsageError("\(given.origin) expects \(expectation)\(found)")
    }

    private func option(_ name: String) -> Option {
        guard let option = options[name] else { preconditionFailure("--\(name) is not declared here") }
        return option
    }

    private func given(_ name: String) -> [GivenValue] {
        _ = option(name)
        return values[name] ?? []
    }

    private func value<Value>(_ name: String, _ value: Value?) throws(UsageError) -> Value {
        guard let value else { throw missing(name) }
        return value
    }

    private func missing(_ name: String) -> UsageError { option(name).missing }
}

/// An entry of a `properties` option.
public struct Property: Sendable, Equatable {
    public var key: String
    public var value: String
    public var origin: Origin

    init(given: GivenValue) {
        let parts = given.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        key = String(parts[0])
        value = parts.count > 1 ? String(parts[1]) : ""
        origin = given.origin
    }

    /// Whether the value must not be shown: by the names that Kafka's clients give to passwords and keys.
    public var isSecret: Bool {
        let key = key.lowercased()
        return ["password", "secret", "passphrase", "token", "jaas", "key.pem", "credential"].contains(
            where: key.contains)
    }
}

extension Option {
    var missing: UsageError {
        switch kind {
        case .properties:
            UsageError("\(flag) is missing: give it as '\(usage)' or as '\(configurationKey).key=value' in --config")
        default:
            UsageError(
                "\(flag) is missing: give it as '\(usage)', as \(environmentVariable), or as '\(configurationKey)=' in the "
                    + "--config file")
        }
    }
}
