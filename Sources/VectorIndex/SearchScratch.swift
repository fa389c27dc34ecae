/// Memory that a search fills and forgets.
struct SearchScratch: ~Copyable {
    /// Queries of a slab in groups, each group `[dimension][queries of the group]`.
    var packedQueries = ScratchBuffer<Float>()
    /// `[queries of a group][rows of a segment]`.
    var scores = ScratchBuffer<Float>()
    /// Rows of a segment that may be among the best.
    var found = ScratchBuffer<UInt32>()
    /// `[queries of a slab][k]`.
    var hits = ScratchBuffer<Hit>()
    /// `[queries of a slab]`.
    var tops = ScratchBuffer<TopHits>()
    var exclusions = ExclusionSlots()
}
