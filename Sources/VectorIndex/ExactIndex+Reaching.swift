import CVectorKernels

/// The items that a search by threshold found, and its scratch: made once and reused, it stops allocating.
public final class ReachedItems {
    /// In the order of the index's rows.
    public fileprivate(set) var items: [UInt32] = []
    /// Rows that were scored in single precision.
    public fileprivate(set) var rowsScored = 0
    fileprivate var shadows = QueryShadows()
    fileprivate var found = ScratchBuffer<UInt32>()
    fileprivate var rows = ScratchBuffer<UnsafePointer<Float>?>()
    fileprivate var offsets = ScratchBuffer<Float>()
    fileprivate var scores = ScratchBuffer<Float>()

    public init() {}
}

extension ExactIndex {
    /// All items with a score above `threshold`, exactly. O(n d) operations on bytes, and O(d) a row that may be above.
    ///
    /// For one new movie all users whose list it would enter: in an index of users' vectors whose offsets are minus the
    /// last scores of their lists, those with a score above minus the movie's own offset.
    ///
    /// - Parameters:
    ///   - query: `dimension` floats.
    ///   - threshold: Not NaN. All items with a finite score are above -infinity.
    ///   - reached: Emptied, then filled; empty after an error.
    public func reach(
        query: UnsafePointer<Float>, above threshold: Float, into reached: ReachedItems
    ) throws(IndexError) {
        reached.items.removeAll(keepingCapacity: true)
        reached.rowsScored = 0
        guard mq_all_finite(query, dimension), !threshold.isNaN else { throw .queryNotFinite(query: 0) }
        reached.shadows.quantise(query, count: 1, shape: store.shape, groupSize: 1, kernels: kernels)
        var quantised = reached.shadows.group(0..<1)
        for chunk in 0..<store.chunkCount {
            let memory = store.chunks[chunk]
            let rowCount = store.rowCount(ofChunk: chunk)
            reached.found.reserve(RowChunk.rowsMax)
            let slack = reached.shadows.slack(
                of: 0, norm: memory.normMax, offset: memory.offsetMax, dimension: dimension)
            var least = RowScan.threshold(threshold, slack)
            var run = mq_shadow_run(
                codes: memory.codes, bounds: memory.bounds, offsets: memory.offsets, groups: store.shape.groups,
                block_count: max(0, rowCount + 15) / 16)
            var foundCount: UInt32 = 0
            kernels.pointee.rows_that_reach(
                &run, &quantised, &least, 0, reached.found.base, RowChunk.rowsMax, &foundCount)
            score(query, memory, Int(foundCount), above: threshold, reached)
        }
    }

    private func score(
        _ query: UnsafePointer<Float>, _ memory: RowChunk, _ foundCount: Int, above threshold: Float,
        _ reached: ReachedItems
    ) {
        reached.rows.reserve(foundCount)
        reached.offsets.reserve(foundCount)
        reached.scores.reserve(foundCount)
        for at in 0..<foundCount {
            let row = Int(reached.found.base[at])
            reached.rows.base[at] = UnsafePointer(store.shape.vector(row, in: memory))
            reached.offsets.base[at] = memory.offsets[row]
        }
        kernels.pointee.exact_scores(
            query, dimension, reached.rows.base, reached.offsets.base, foundCount, reached.scores.base)
        for at in 0..<foundCount where reached.scores.base[at] > threshold {
            reached.items.append(memory.items[Int(reached.found.base[at])])
        }
        reached.rowsScored += foundCount
    }
}
