/// What an index refuses. The index is unchanged.
public enum IndexError: Error, Equatable {
    case dimensionMismatch(expected: Int, got: Int)
    /// The vector or the offset of this item has an infinite coordinate, or one that is not a number.
    case vectorNotFinite(item: UInt32)
    /// Query number `query` of the batch has an infinite coordinate, or one that is not a number.
    case queryNotFinite(query: Int)
    case resultCountOutOfRange(got: Int, allowed: ClosedRange<Int>)
    /// Of queries, or of rows of a batch.
    case queryCountOutOfRange(got: Int)
    case itemOutOfRange(got: UInt32, max: UInt32)
    /// Neither no exclusions at all nor one list a query.
    case exclusionListsMismatch(queries: Int, lists: Int)
    /// The item stands in a batch of upserts twice.
    case duplicateItem(UInt32)
    case tooManyExclusions(query: Int, got: Int, max: Int)
}
