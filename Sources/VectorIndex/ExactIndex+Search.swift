import CVectorKernels

extension ExactIndex {
    /// Queries that share a pass over the rows; bounds the scratch of a search.
    private static let queriesPerSlab = 96

    public func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, among filter: ItemSet?,
        into results: SearchResults
    ) throws(IndexError) {
        results.removeAll()
        try SearchCheck.check(
            queries: queries, queryCount: queryCount, dimension: dimension, k: k, exclusions: exclusions)
        results.prepare(queryCount: queryCount, k: k)
        guard count > 0 else { return }
        if let filter { store.writeOffsets(of: filter, into: &results.scratch.filtered) }
        var first = 0
        while first < queryCount {
            let slab = first..<min(first + Self.queriesPerSlab, queryCount)
            search(
                queries: queries + first * dimension, count: slab.count, k: k,
                exclusions: exclusions.isEmpty ? nil : UnsafeBufferPointer(rebasing: exclusions[slab]),
                isFiltered: filter != nil, scratch: &results.scratch)
            for query in slab { results.set(results.scratch.tops.base[query - first], of: query) }
            first = slab.upperBound
        }
        results.rowsScored = results.scratch.rowsScored
        results.rowsLookedAt = queryCount * count
    }

    private func search(
        queries: UnsafePointer<Float>, count queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>?, isFiltered: Bool, scratch: inout SearchScratch
    ) {
        let groupSize = min(Int(kernels.pointee.queries_per_call), queryCount)
        scratch.begin(queryCount: queryCount, k: k, groupSize: groupSize)
        scratch.shadows.quantise(
            queries, count: queryCount, shape: store.shape, groupSize: groupSize, kernels: kernels)
        if let exclusions {
            let segments = (count + Segment.rows - 1) >> Segment.shift
            scratch.exclusions.resolve(exclusions, map: map, segmentCount: segments, segmentShift: Segment.shift)
        }
        let scan = RowScan(
            chunks: store.chunks, chunkCount: store.chunkCount, count: count, shape: store.shape, queries: queries,
            hasExclusions: exclusions != nil, filtered: isFiltered ? UnsafePointer(scratch.filtered.base) : nil,
            kernels: kernels, selection: mq_kernels())
        // Chunk by chunk for all queries: rows that no longer fit the cache are read once a slab.
        var first = 0
        while first < queryCount {
            let group = first..<min(first + groupSize, queryCount)
            scan.first(group, &scratch)
            first = group.upperBound
        }
        for chunk in stride(from: Segment.chunks, to: store.chunkCount, by: 1) {
            first = 0
            while first < queryCount {
                let group = first..<min(first + groupSize, queryCount)
                scan.next(chunk: chunk, group, &scratch)
                first = group.upperBound
            }
        }
        for query in 0..<queryCount { scan.scorePending(query, &scratch) }
    }
}

/// Rows by which exclusions are sorted; the bounds of a first segment fit the cache.
enum Segment {
    static let shift = 12
    static let rows = 1 << shift
    static let chunks = rows / RowChunk.rowsMax
}
