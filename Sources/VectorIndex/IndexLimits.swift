/// Every limit of the indexes, in one place.
public enum IndexLimits {
    /// Most results a query may ask for.
    public static let resultCountMax = 256
    /// Most items a query may exclude.
    public static let exclusionCountMax = 65_536
    /// Largest item number. The map from items to rows takes 4 bytes a number up to the largest in use.
    public static let itemMax: UInt32 = (1 << 26) - 1
    /// Longest vector.
    public static let dimensionMax = 4096
}
