/// Memory that a search fills and forgets.
struct SearchScratch: ~Copyable {
    /// Results wanted.
    var k = 0
    /// Rows scored in single precision by all queries of the search.
    var rowsScored = 0
    /// Rows that all queries of the search looked at.
    var rowsLookedAt = 0
    var shadows = QueryShadows()
    var exclusions = ExclusionSlots()
    /// `[rows]`: offsets, NaN where the filter says no.
    var filtered = ScratchBuffer<Float>()
    var probing = ProbingScratch()
    /// `[queries of a group][rows of the first segment]`.
    var bounds = ScratchBuffer<Float>()
    /// Rows whose bound reaches the threshold; in chunks `[queries of a group][rows of a chunk]`.
    var found = ScratchBuffer<UInt32>()
    /// `[queries of a group]`.
    var selections = ScratchBuffer<RowScan.Selection>()
    var numbers = ScratchBuffer<UInt32>()
    var foundCounts = ScratchBuffer<UInt32>()
    var thresholds = ScratchBuffer<Float>()
    /// `[queries of a slab][rows of a call]`: rows that wait for being scored.
    var pending = ScratchBuffer<RowPlace>()
    /// `[queries of a slab]`.
    var pendingCounts = ScratchBuffer<UInt32>()
    /// `[queries of a slab][k]`.
    var hits = ScratchBuffer<Hit>()
    /// `[queries of a slab]`.
    var tops = ScratchBuffer<TopHits>()
    /// `[rows of a call]`.
    var rows = ScratchBuffer<UnsafePointer<Float>?>()
    var offsets = ScratchBuffer<Float>()
    var scores = ScratchBuffer<Float>()

    /// Makes room for a slab, without hits.
    mutating func begin(queryCount: Int, k: Int, groupSize: Int) {
        self.k = k
        hits.reserve(queryCount * k)
        tops.reserve(queryCount)
        for query in 0..<queryCount {
            tops.base[query] = TopHits(hits: hits.base + query * k, capacity: k)
        }
        numbers.reserve(groupSize)
        foundCounts.reserve(groupSize)
        thresholds.reserve(groupSize)
        pending.reserve(queryCount * RowScan.rowsPerCall)
        pendingCounts.reserve(queryCount)
        pendingCounts.base.update(repeating: 0, count: queryCount)
        rows.reserve(RowScan.rowsPerCall)
        offsets.reserve(RowScan.rowsPerCall)
        scores.reserve(RowScan.rowsPerCall)
    }
}
