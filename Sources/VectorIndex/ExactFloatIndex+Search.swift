import CVectorKernels

extension ExactFloatIndex {
    /// Queries that share a pass over the rows; bounds the scratch of a search.
    private static let queriesPerSlab = 96
    /// Rows that are scored before the best of them are looked for: 2^12, so that their scores stay in the cache.
    private static let segmentShift = 12
    private static let rowsPerSegment = 1 << segmentShift

    public func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, into results: SearchResults
    ) throws(IndexError) {
        results.removeAll()
        try check(queries: queries, queryCount: queryCount, k: k, exclusions: exclusions)
        results.prepare(queryCount: queryCount, k: k)
        guard count > 0 else { return }
        var first = 0
        while first < queryCount {
            let slab = first..<min(first + Self.queriesPerSlab, queryCount)
            search(slab: slab, queries: queries, k: k, exclusions: exclusions, scratch: &results.scratch)
            for query in slab { results.set(results.scratch.tops.base[query - first], of: query) }
            first = slab.upperBound
        }
    }

    private func check(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>
    ) throws(IndexError) {
        guard k >= 1, k <= IndexLimits.resultCountMax else {
            throw .resultCountOutOfRange(got: k, allowed: 1...IndexLimits.resultCountMax)
        }
        guard queryCount >= 0 else { throw .queryCountOutOfRange(got: queryCount) }
        guard exclusions.isEmpty || exclusions.count == queryCount else {
            throw .exclusionListsMismatch(queries: queryCount, lists: exclusions.count)
        }
        for query in 0..<queryCount where !mq_all_finite(queries + query * dimension, dimension) {
            throw .queryNotFinite(query: query)
        }
        for query in exclusions.indices where exclusions[query].count > IndexLimits.exclusionCountMax {
            throw .tooManyExclusions(
                query: query, got: exclusions[query].count, max: IndexLimits.exclusionCountMax)
        }
    }

    private func search(
        slab: Range<Int>, queries: UnsafePointer<Float>, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, scratch: inout SearchScratch
    ) {
        let groupSize = min(Int(kernels.pointee.queries_per_call), slab.count)
        let segmentCount = (count + Self.rowsPerSegment - 1) >> Self.segmentShift
        let rowsScored = min(Self.rowsPerSegment, (count + 15) / 16 * 16)
        pack(slab: slab, queries: queries, groupSize: groupSize, into: &scratch.packedQueries)
        scratch.scores.reserve(groupSize * rowsScored)
        scratch.found.reserve(rowsScored)
        scratch.hits.reserve(slab.count * k)
        scratch.tops.reserve(slab.count)
        for query in 0..<slab.count {
            scratch.tops.base[query] = TopHits(hits: scratch.hits.base + query * k, capacity: k)
        }
        if !exclusions.isEmpty {
            scratch.exclusions.resolve(
                exclusions[slab], map: map, segmentCount: segmentCount, segmentShift: Self.segmentShift)
        }
        // Segment by segment for all queries: rows that no longer fit the cache are read once a slab.
        for segment in 0..<segmentCount {
            var first = 0
            while first < slab.count {
                let group = first..<min(first + groupSize, slab.count)
                score(segment: segment, group: group, stride: rowsScored, scratch: scratch)
                for query in group {
                    let scores = scratch.scores.base + (query - first) * rowsScored
                    if !exclusions.isEmpty {
                        for slot in scratch.exclusions.slots(of: query, segment: segment) {
                            scores[Int(slot) & (Self.rowsPerSegment - 1)] = .nan
                        }
                    }
                    select(segment: segment, scores: scores, found: scratch.found.base, top: &scratch.tops.base[query])
                }
                first = group.upperBound
            }
        }
    }

    /// Groups of `groupSize` queries, the last perhaps smaller, coordinate-major.
    private func pack(
        slab: Range<Int>, queries: UnsafePointer<Float>, groupSize: Int, into packed: inout ScratchBuffer<Float>
    ) {
        packed.reserve(slab.count * dimension)
        var first = 0
        while first < slab.count {
            let size = min(groupSize, slab.count - first)
            let group = packed.base + first * dimension
            for member in 0..<size {
                let query = queries + (slab.lowerBound + first + member) * dimension
                for coordinate in 0..<dimension { group[coordinate * size + member] = query[coordinate] }
            }
            first += size
        }
    }

    private func score(segment: Int, group: Range<Int>, stride: Int, scratch: borrowing SearchScratch) {
        let queries = scratch.packedQueries.base + group.lowerBound * dimension
        let rows = segment * Self.rowsPerSegment..<min((segment + 1) * Self.rowsPerSegment, count)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let end = min(row + BlockStore.rowsPerChunk, rows.upperBound)
            var run = mq_run(
                blocks: store.chunks[row / BlockStore.rowsPerChunk].blocks, dimension: dimension,
                block_count: (end - row + 15) / 16)
            kernels.pointee.score(
                &run, queries, Int32(group.count), scratch.scores.base + (row - rows.lowerBound), stride)
            row = end
        }
    }

    /// Moves the best of a segment's rows into `top`.
    @inline(__always)
    private func select(
        segment: Int, scores: UnsafePointer<Float>, found: UnsafeMutablePointer<UInt32>, top: inout TopHits
    ) {
        let firstSlot = segment * Self.rowsPerSegment
        let rowCount = (min(Self.rowsPerSegment, count - firstSlot) + 15) / 16 * 16
        // Once k rows are known, the last of them is a threshold that few rows of a further segment reach.
        let threshold = top.isFull ? top.threshold : kernels.pointee.kth_bound(scores, rowCount, top.capacity)
        let foundCount = kernels.pointee.collect(scores, rowCount, threshold, found)
        for i in 0..<foundCount {
            let slot = firstSlot + Int(found[i])
            let chunk = store.chunks[slot / BlockStore.rowsPerChunk]
            let row = slot % BlockStore.rowsPerChunk
            top.insert(Hit(score: scores[Int(found[i])], item: chunk.items[row], id: chunk.ids[row]))
        }
    }
}
