/// How an index finds what it answers.
public enum IndexDesign: String, Sendable {
    /// All rows are looked at: the answers are those of scoring every row.
    case exact
    /// The lists that promise most are looked into: a part of the exact answers.
    case partitioned

    /// An empty index for the part of the exact answers that is wanted: exact for 1, else one that divides its rows once
    /// there are so many that it pays (`VectorIndex.design` says whether it has).
    ///
    /// - Parameters:
    ///   - dimension: Length of every vector, 1...`IndexLimits.dimensionMax`.
    ///   - targetRecall: Above 0, at most 1.
    public static func makeIndex(dimension: Int, targetRecall: Double = 1) -> any VectorIndex {
        if targetRecall >= 1 { return ExactIndex(dimension: dimension) }
        return PartitionedIndex(dimension: dimension, targetRecall: targetRecall)
    }
}
