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
    /// `event_time` lies in the years 1970 to 9999, in milliseconds since 1970.
    public static let eventTimeMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
    /// Years a movie may be from.
    public static let years: ClosedRange<Int64> = 1800...2999
    /// Ages of a user, in years.
    public static let ages: ClosedRange<Int64> = 0...150
    /// MovieLens' codes of occupations.
    public static let occupations: ClosedRange<Int64> = 0...20
    /// Longest postal code, in bytes of UTF-8.
    public static let zipBytesMax = 32
    /// Nesting that the scanner follows in fields that it ignores.
    public static let nestingDepthMax = 32
}
