/// A length of time, or the word `auto` where an option allows it.
public enum DurationSetting: Sendable, Equatable {
    case auto
    case fixed(Duration)

    /// Nil unless `text` is `auto`, or digits and one of the units ms, s, m, h, d.
    public init?(_ text: String) {
        if text == "auto" {
            self = .auto
            return
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), let unit = Self.millisecondsPerUnit[String(text.dropFirst(digits.count))]
        else {
            return nil
        }
        let (milliseconds, overflows) = count.multipliedReportingOverflow(by: unit)
        guard !overflows else { return nil }
        self = .fixed(.milliseconds(milliseconds))
    }

    /// Nil for `auto`.
    public var duration: Duration? {
        switch self {
        case .auto: nil
        case .fixed(let duration): duration
        }
    }

    /// Nil for `auto`.
    public var milliseconds: Int64? {
        duration.map { $0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000 }
    }

    private static let millisecondsPerUnit: [String: Int64] = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
}
