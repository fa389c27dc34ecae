/// One setting, declared once: its flag, its environment variable, its key in the configuration file, its line in
/// the help and its completion all follow from the name.
///
/// `top-k` is `--top-k`, `MARQUEE_TOP_K` and `top.k`.
public struct Option: Sendable, Equatable {
    /// What values an option takes.
    public enum Kind: Sendable, Equatable {
        /// Given or not; takes no value on the command line, and `true` or `false` elsewhere.
        case flag
        case string
        case path
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        /// `100ms`, `2s`, `1m`, `6h`, `30d`; with `allowsAuto` also the word `auto`.
        case duration(allowsAuto: Bool)
        case choice([String])
        /// `key=value`, as often as wanted; `MARQUEE_<NAME>_SASL_PASSWORD` and `<name>.sasl.password` give the entry
        /// `sasl.password`. The layers are merged key by key.
        case properties
    }

    /// Lower case words joined by hyphens.
    public var name: String
    public var kind: Kind
    /// What stands for the value in the help: `N`, `DIR`.
    public var valueName: String
    /// In the words of the option's own syntax; nil when there is none.
    public var defaultValue: String?
    /// What it does, without a full stop at the end.
    public var help: String
    /// Whether the command cannot run without it.
    public var isRequired: Bool
    /// Whether it may be given several times; elsewhere its values are separated by commas.
    public var isRepeatable: Bool
    /// Whether its values must not be shown anywhere.
    public var isSecret: Bool

    public init(
        _ name: String, _ kind: Kind, _ valueName: String? = nil, default defaultValue: String? = nil,
        required isRequired: Bool = false, repeatable isRepeatable: Bool = false, secret isSecret: Bool = false,
        help: String
    ) {
        precondition(
            !name.isEmpty
                && name.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" },
            "an option's name is made of lower case letters, digits and hyphens")
        self.name = name
        self.kind = kind
        self.valueName = valueName ?? kind.standardValueName
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.isRepeatable = isRepeatable || kind == .properties
        self.isSecret = isSecret
        self.help = help
    }

    /// The `--config FILE` that `parse` reads the configuration file by.
    public static let configurationFile = Option(
        "config", .path, "FILE", help: "read settings from a properties file, a 'key=value' a line")

    public var flag: String { "--\(name)" }

    public var environmentVariable: String {
        Self.environmentPrefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    public var configurationKey: String { String(name.map { $0 == "-" ? "." : $0 }) }

    static let environmentPrefix = "MARQUEE_"
    /// What the values of `isSecret` are shown as.
    static let hidden = "(hidden)"

    /// `--top-k N`, as the help shows it.
    var usage: String { kind == .flag ? flag : "\(flag) \(valueName)" }
}

extension Option.Kind {
    var standardValueName: String {
        switch self {
        case .flag: ""
        case .string: "TEXT"
        case .path: "PATH"
        case .integer, .number: "N"
        case .duration: "TIME"
        case .choice(let choices): choices.joined(separator: "|")
        case .properties: "KEY=VALUE"
        }
    }
}
