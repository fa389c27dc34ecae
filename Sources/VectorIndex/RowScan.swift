import CVectorKernels

/// Where a row is, as long as nothing is written.
struct RowPlace: BitwiseCopyable {
    let chunk: UnsafePointer<RowChunk>
    let row: Int
}

/// The pass of one search over a store's rows.
///
/// Of the first segment all bounds are written down: the rows with the best k are scored, which gives a threshold, and
/// then those whose bound reaches it. In the chunks behind it few rows reach the threshold at all.
struct RowScan {
    let chunks: UnsafePointer<RowChunk>
    let chunkCount: Int
    let count: Int
    let shape: RowShape
    let queries: UnsafePointer<Float>
    let hasExclusions: Bool
    /// Items that are left out when they would be among the best, beside the slots that never come so far; one list a query.
    var excludedItems: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>?
    /// In place of the rows' offsets, NaN where the filter says no; nil without a filter.
    let filtered: UnsafePointer<Float>?
    let kernels: UnsafePointer<mq_index_kernel_table>
    let selection: UnsafePointer<mq_kernel_table>

    /// Blocks of a chunk that hold rows.
    @inline(__always)
    private func run(_ chunk: Int) -> mq_shadow_run {
        let rows = min(RowChunk.rowsMax, count - chunk * RowChunk.rowsMax)
        let memory = chunks[chunk]
        return mq_shadow_run(
            codes: memory.codes, bounds: memory.bounds,
            offsets: filtered.map { $0 + chunk * RowChunk.rowsMax } ?? UnsafePointer(memory.offsets),
            groups: shape.groups,
            block_count: max(0, rows + 15) / 16)
    }

    // MARK: The first segment

    /// Rows of the first segment, as the kernels count them.
    @inline(__always)
    var rowsOfFirst: Int { min(Segment.rows, (count + 15) / 16 * 16) }

    /// Writes the bounds of a group's queries down; norm and offset that bound those of the rows.
    func writeBounds(_ quantised: inout mq_shadow_queries, _ scratch: inout SearchScratch) -> (
        norm: Float, offset: Float
    ) {
        let rows = rowsOfFirst
        scratch.bounds.reserve(Int(quantised.count) * rows)
        scratch.found.reserve(max(rows, Int(quantised.count) * RowChunk.rowsMax))
        var (norm, offset) = (RowChunk.normLeast, Float(0))
        for chunk in 0..<min(Segment.chunks, chunkCount) {
            var run = run(chunk)
            kernels.pointee.bounds_of_scores(&run, &quantised, scratch.bounds.base + chunk * RowChunk.rowsMax, rows)
            norm = max(norm, chunks[chunk].normMax)
            offset = max(offset, chunks[chunk].offsetMax)
        }
        return (norm, offset)
    }

    /// Queries between the one whose rows are found and the one whose rows are scored: meanwhile the rows are fetched.
    private static let queriesBetween = 2

    func first(_ group: Range<Int>, _ scratch: inout SearchScratch) {
        let rows = rowsOfFirst
        var quantised = scratch.shadows.group(group)
        let (norm, offset) = writeBounds(&quantised, &scratch)
        scratch.found.reserve(group.count * rows)
        scratch.selections.reserve(group.count)
        for at in 0..<group.count + Self.queriesBetween {
            if at < group.count {
                let query = group.lowerBound + at
                if hasExclusions {
                    let bounds = scratch.bounds.base + at * rows
                    for slot in scratch.exclusions.slots(of: query, segment: 0) { bounds[Int(slot)] = .nan }
                }
                let slack = scratch.shadows.slack(of: query, norm: norm, offset: offset, dimension: shape.dimension)
                scratch.selections.base[at] = find(at, rows: rows, slack: slack, &scratch)
            }
            if at >= Self.queriesBetween {
                let done = at - Self.queriesBetween
                score(group.lowerBound + done, done, rows: rows, scratch.selections.base[done], &scratch)
            }
        }
    }

    /// The best rows of the first segment, for one query.
    struct Selection: BitwiseCopyable {
        /// Bounds from which on rows were found.
        var guess: Float
        var slack: Double
        var foundCount: Int
        /// How many of them come first, since they give the threshold.
        var leading: Int
    }

    /// Moves the best rows of the first segment to the query's hits.
    @inline(__always)
    func select(_ query: Int, rows: Int, slack: Double, _ scratch: inout SearchScratch) {
        let selection = find(0, rows: rows, slack: slack, &scratch)
        score(query, 0, rows: rows, selection, &scratch)
    }

    /// - Parameter place: Of the query's bounds, and of what is found, in the scratch.
    @inline(__always)
    private func find(_ place: Int, rows: Int, slack: Double, _ scratch: inout SearchScratch) -> Selection {
        let bounds = scratch.bounds.base + place * rows
        let found = scratch.found.base + place * rows
        let best = selection.pointee.kth_bound(bounds, rows, scratch.k)
        // Where the threshold will hardly be below.
        let guess = slack.isFinite ? Float(Double(best) - 3 * slack) : -.infinity
        let foundCount = selection.pointee.collect(bounds, rows, guess, found)
        // The rows with the best k bounds give the threshold.
        var leading = 0
        for at in 0..<foundCount where bounds[Int(found[at])] >= best {
            (found[leading], found[at]) = (found[at], found[leading])
            leading += 1
        }
        leading = min(foundCount, (leading + Self.rowsPerCall - 1) / Self.rowsPerCall * Self.rowsPerCall)
        for at in 0..<leading {
            let place = self.place(of: found[at])
            mq_prefetch(shape.vector(place.row, in: place.chunk.pointee), shape.dimension)
        }
        return Selection(guess: guess, slack: slack, foundCount: foundCount, leading: leading)
    }

    @inline(__always)
    private func score(
        _ query: Int, _ place: Int, rows: Int, _ selected: Selection, _ scratch: inout SearchScratch
    ) {
        let bounds = scratch.bounds.base + place * rows
        let found = scratch.found.base + place * rows
        score(query, found, selected.leading, &scratch)
        let threshold = scoreRest(
            query, found, selected.leading..<selected.foundCount, bounds: bounds, below: nil, slack: selected.slack,
            &scratch)
        if threshold >= selected.guess { return }
        let restCount = selection.pointee.collect(bounds, rows, threshold, found)
        _ = scoreRest(
            query, found, 0..<restCount, bounds: bounds, below: selected.guess, slack: selected.slack, &scratch)
    }

    /// Scores those of some rows whose bound reaches the threshold, which rises meanwhile.
    ///
    /// - Parameter limit: Rows with this bound or a higher one were scored before.
    /// - Returns: The threshold at the end.
    @inline(__always)
    private func scoreRest(
        _ query: Int, _ found: UnsafeMutablePointer<UInt32>, _ places: Range<Int>, bounds: UnsafePointer<Float>,
        below limit: Float?, slack: Double, _ scratch: inout SearchScratch
    ) -> Float {
        var threshold = Self.threshold(scratch.tops.base[query], slack)
        var waiting = 0
        for at in places {
            let slot = found[at]
            let bound = bounds[Int(slot)]
            if bound < threshold { continue }
            if let limit, bound >= limit { continue }
            found[waiting] = slot
            waiting += 1
            if waiting == Self.rowsPerCall {
                score(query, found, waiting, &scratch)
                threshold = Self.threshold(scratch.tops.base[query], slack)
                waiting = 0
            }
        }
        score(query, found, waiting, &scratch)
        return waiting == 0 ? threshold : Self.threshold(scratch.tops.base[query], slack)
    }

    // MARK: Further chunks

    func next(chunk: Int, _ group: Range<Int>, _ scratch: inout SearchScratch) {
        var quantised = scratch.shadows.group(group)
        for query in group { scratch.numbers.base[query - group.lowerBound] = UInt32(query) }
        findReaching(chunk: chunk, &quantised, &scratch)
        for query in group {
            let foundCount = Int(scratch.foundCounts.base[query - group.lowerBound])
            if foundCount == 0 { continue }
            let found = scratch.found.base + (query - group.lowerBound) * RowChunk.rowsMax
            let excluded = hasExclusions ? scratch.exclusions.slots(of: query, segment: chunk / Segment.chunks) : nil
            for at in 0..<foundCount {
                if let excluded, let base = excluded.baseAddress, !excluded.isEmpty,
                    mq_find_u32(base, excluded.count, found[at]) >= 0
                {
                    continue
                }
                append(found[at], to: query, &scratch)
            }
        }
    }

    /// Writes down the rows of a chunk whose bounds reach the thresholds of the queries whose `numbers` are in the scratch.
    @inline(__always)
    func findReaching(chunk: Int, _ quantised: inout mq_shadow_queries, _ scratch: inout SearchScratch) {
        var run = run(chunk)
        let (norm, offset) = (chunks[chunk].normMax, chunks[chunk].offsetMax)
        for at in 0..<Int(quantised.count) {
            let query = Int(scratch.numbers.base[at])
            let slack = scratch.shadows.slack(of: query, norm: norm, offset: offset, dimension: shape.dimension)
            scratch.thresholds.base[at] = Self.threshold(scratch.tops.base[query], slack)
            scratch.foundCounts.base[at] = 0
        }
        kernels.pointee.rows_that_reach(
            &run, &quantised, scratch.thresholds.base, UInt32(chunk * RowChunk.rowsMax), scratch.found.base,
            RowChunk.rowsMax, scratch.foundCounts.base)
    }

    /// Rows wait until there are enough to be scored side by side.
    @inline(__always)
    func append(_ slot: UInt32, to query: Int, _ scratch: inout SearchScratch) {
        let place = place(of: slot)
        mq_prefetch(shape.vector(place.row, in: place.chunk.pointee), shape.dimension)
        let waiting = Int(scratch.pendingCounts.base[query])
        scratch.pending.base[query * Self.rowsPerCall + waiting] = place
        scratch.pendingCounts.base[query] = UInt32(waiting + 1)
        if waiting + 1 == Self.rowsPerCall { scorePending(query, &scratch) }
    }

    func scorePending(_ query: Int, _ scratch: inout SearchScratch) {
        let pending = scratch.pending.base + query * Self.rowsPerCall
        score(query, Int(scratch.pendingCounts.base[query]), &scratch) { pending[$0] }
        scratch.pendingCounts.base[query] = 0
    }

    @inline(__always)
    private func place(of slot: UInt32) -> RowPlace {
        RowPlace(chunk: chunks + RowStore.chunk(of: Int(slot)), row: RowStore.row(of: Int(slot)))
    }

    // MARK: Scoring

    static let rowsPerCall = 16

    @inline(__always)
    private func score(
        _ query: Int, _ slots: UnsafePointer<UInt32>, _ slotCount: Int, _ scratch: inout SearchScratch
    ) {
        score(query, slotCount, &scratch) { place(of: slots[$0]) }
    }

    /// Scores rows and moves them to the query's hits if they are among the best.
    @inline(__always)
    private func score(
        _ query: Int, _ rowCount: Int, _ scratch: inout SearchScratch, _ place: (Int) -> RowPlace
    ) {
        if rowCount == 0 { return }
        scratch.rowsScored += rowCount
        let vector = queries + query * shape.dimension
        var first = 0
        while first < rowCount {
            let count = min(Self.rowsPerCall, rowCount - first)
            for at in 0..<count {
                let place = place(first + at)
                scratch.rows.base[at] = UnsafePointer(shape.vector(place.row, in: place.chunk.pointee))
                scratch.offsets.base[at] = place.chunk.pointee.offsets[place.row]
            }
            kernels.pointee.exact_scores(
                vector, shape.dimension, scratch.rows.base, scratch.offsets.base, count, scratch.scores.base)
            for at in 0..<count {
                let score = scratch.scores.base[at]
                if !(score >= scratch.tops.base[query].threshold) { continue }
                let place = place(first + at)
                let item = place.chunk.pointee.items[place.row]
                if isExcluded(item, from: query) { continue }
                scratch.tops.base[query].insert(Hit(score: score, item: item, id: place.chunk.pointee.id(place.row)))
            }
            first += count
        }
    }

    @inline(__always)
    private func isExcluded(_ item: UInt32, from query: Int) -> Bool {
        guard let excluded = excludedItems?[query], let base = excluded.baseAddress else { return false }
        return mq_find_u32(base, excluded.count, item) >= 0
    }

    /// The least bound with which a row can still be among the best: rounded down.
    @inline(__always)
    static func threshold(_ top: TopHits, _ slack: Double) -> Float { threshold(top.threshold, slack) }

    @inline(__always)
    static func threshold(_ score: Float, _ slack: Double) -> Float {
        // A score that overflowed comes from a bound just below the largest number.
        let least = Double(min(score, .greatestFiniteMagnitude)) - slack
        let rounded = Float(least)
        return Double(rounded) > least ? rounded.nextDown : rounded
    }
}
