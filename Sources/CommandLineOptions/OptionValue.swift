/// A value as it was given, and by whom.
struct GivenValue: Equatable {
    var text: String
    var origin: Origin
}

/// Where a value came from.
public enum Origin: Sendable, Equatable, CustomStringConvertible {
    case commandLine(flag: String)
    case environment(variable: String)
    case configurationFile(file: String, lineNumber: Int, key: String)
    case standard(flag: String)

    /// How a sentence about the value begins: `--top-k`, `MARQUEE_TOP_K`, `marquee.properties:3: top.k`.
    public var description: String {
        switch self {
        case .commandLine(let flag): flag
        case .environment(let variable): variable
        case .configurationFile(let file, let lineNumber, let key): "\(file):\(lineNumber): \(key)"
        case .standard(let flag): "the default of \(flag)"
        }
    }
}

extension Option {
    /// Throws the sentence that says what the option expects when `given` is not that.
    func validate(_ given: GivenValue) throws(UsageError) {
        guard !accepts(given.text) else { return }
        // An entry without its key may be a password.
        let found = isSecret || kind == .properties ? "" : ", found '\(given.text)'"
        guard case .choice(let choices) = kind,
            let meant = Suggestion.nearest(to: given.text.lowercased(), among: choices), !isSecret
        else {
            throw UsageError("\(given.origin) expects \(expectation)\(found)")
        }
        throw UsageError("\(given.origin) expects \(expectation)\(found): did you mean '\(meant)'?")
    }

    private func accepts(_ text: String) -> Bool {
        switch kind {
        case .flag: Self.truth(text) != nil
        case .string, .path: !text.isEmpty
        case .integer(let range): Int(text).map(range.contains) ?? false
        case .number(let range): Double(text).map(range.contains) ?? false
        case .duration(let allowsAuto): DurationSetting(text).map { allowsAuto || $0 != .auto } ?? false
        case .choice(let choices): choices.contains(text)
        case .properties: text.first != "=" && text.contains("=")
        }
    }

    private var expectation: String {
        switch kind {
        case .flag: "true or false"
        case .string: "a text that is not empty"
        case .path: "a path"
        case .integer(let range): "a whole number \(Self.bounds(range, unlimited: range.upperBound == Int.max))"
        case .number(let range): "a number \(Self.bounds(range, unlimited: !range.upperBound.isFinite))"
        case .duration(let allowsAuto): "a duration like 100ms, 2s, 5m, 6h or 7d\(allowsAuto ? ", or auto" : "")"
        case .choice(let choices): Self.alternatives(choices)
        case .properties: "key=value"
        }
    }

    static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// `a, b or c`.
    static func alternatives(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }

    private static func bounds<Value: Comparable>(_ range: ClosedRange<Value>, unlimited: Bool) -> String {
        unlimited ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }
}
