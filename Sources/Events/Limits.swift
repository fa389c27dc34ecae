/// Every limit on input that the codecs enforce, in one place.
public enum EventLimits {
    /// Largest value of an input record, in bytes; a larger one is rejected as `too_large`.
    public static let valueBytesMax = 64 * 1024
    /// Longest `event_id`, in bytes as it stands between its quotes.
    public static let eventIDBytesMax = 256
    /// Longest title, in bytes of UTF-8.
    public static let titleBytesMax = 1024
    /// Most genres a movie may name, and the longest name of one in bytes.
    public static let genresMax = 64
    public static let genreBytesMax = 128
    /// How far `event_time` may lie after the record's own timestamp.
    public static let eventTimeAheadMillisecondsMax: Int64 = 5 * 60 * 1000
    /// Nesting that the scanner follows in fields that it ignores.
    public static let nestingDepthMax = 32
}
