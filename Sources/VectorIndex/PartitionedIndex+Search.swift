import CVectorKernels

extension PartitionedIndex {
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
        let request = Request(queries: queries, k: k, exclusions: exclusions, filter: filter)
        var first = 0
        while first < queryCount {
            // The first queries of new lists look into all of them, which tells where answers lie.
            let isTrial = isTrying && recall.probes == nil
            let size = isTrial ? min(Self.queriesPerSlab, recall.queriesToTry) : Self.queriesPerSlab
            let slab = first..<min(first + size, queryCount)
            search(request, slab, looking: isTrial ? .everywhere : .whereItPays, into: results, at: first)
            if isTrial { for query in slab { noteRanks(request, query, results.items(of: query)) } }
            first = slab.upperBound
        }
        results.rowsScored = results.scratch.rowsScored
        if isTrying && recall.probes != nil && queryCount > 0 { answerExactly(request, 0, results) }
        if probes < listCount, let sampled = recall.sample(of: queryCount) { answerExactly(request, sampled, results) }
    }

    struct Request {
        var queries: UnsafePointer<Float>
        var k: Int
        var exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>
        var filter: ItemSet?
    }

    enum Looking { case everywhere, whereItPays }

    /// - Parameter place: Of the first query among the results.
    func search(
        _ request: Request, _ slab: Range<Int>, looking: Looking, into results: SearchResults, at place: Int
    ) {
        let searched = SearchedLists(current, next)
        search(request, slab, searched, looking, scratch: &results.scratch)
        for at in 0..<slab.count { results.set(results.scratch.tops.base[at], of: place + at) }
    }

    private func search(
        _ request: Request, _ slab: Range<Int>, _ searched: SearchedLists, _ looking: Looking,
        scratch: inout SearchScratch
    ) {
        let queries = request.queries + slab.lowerBound * dimension
        let groupSize = Int(kernels.pointee.queries_per_call)
        scratch.begin(queryCount: slab.count, k: request.k, groupSize: groupSize)
        scratch.shadows.quantise(queries, count: slab.count, shape: shape, groupSize: 1, kernels: kernels)
        chooseLists(queries, count: slab.count, searched, looking, &scratch.probing)
        // First the lists that promise most, until there are k: they give a query its threshold.
        for query in 0..<slab.count {
            while !scratch.tops.base[query].isFull, let list = scratch.probing.takeBest(of: query) {
                select(query, searched, list, queries, request, slab, &scratch)
            }
        }
        scratch.probing.sort(listCount: searched.count)
        // Then list by list, all queries that look into it.
        for list in 0..<searched.count {
            var place = Int(scratch.probing.starts.base[list])
            let end = Int(scratch.probing.starts.base[list + 1])
            if place == end || searched.store(list).pointee.count == 0 { continue }
            let scan = scan(searched.store(list), queries, request, &scratch)
            while place < end {
                let group = min(groupSize, end - place)
                for at in 0..<group { scratch.numbers.base[at] = scratch.probing.queries.base[place + at] }
                var quantised = scratch.shadows.gather(scratch.numbers.base, count: group)
                for chunk in 0..<scan.chunkCount { reach(scan, chunk, &quantised, request, slab, &scratch) }
                place += group
            }
        }
    }

    /// The best rows of a list for one query.
    private func select(
        _ query: Int, _ searched: SearchedLists, _ list: Int, _ queries: UnsafePointer<Float>, _ request: Request,
        _ slab: Range<Int>, _ scratch: inout SearchScratch
    ) {
        let scan = scan(searched.store(list), queries, request, &scratch)
        var quantised = scratch.shadows.group(query..<query + 1)
        let (norm, offset) = scan.writeBounds(&quantised, &scratch)
        if !request.exclusions.isEmpty {
            let home = searched.home(list)
            for item in request.exclusions[slab.lowerBound + query]
            where homes[item] == home && slots[item] < UInt32(scan.rowsOfFirst) {
                scratch.bounds.base[Int(slots[item])] = .nan
            }
        }
        let slack = scratch.shadows.slack(of: query, norm: norm, offset: offset, dimension: dimension)
        scan.select(query, bounds: scratch.bounds.base, rows: scan.rowsOfFirst, slack: slack, &scratch)
        scratch.numbers.base[0] = UInt32(query)
        for chunk in stride(from: Segment.chunks, to: scan.chunkCount, by: 1) {
            reach(scan, chunk, &quantised, request, slab, &scratch)
        }
    }

    private func scan(
        _ store: UnsafeMutablePointer<RowStore>, _ queries: UnsafePointer<Float>, _ request: Request,
        _ scratch: inout SearchScratch
    ) -> RowScan {
        if let filter = request.filter { store.pointee.writeOffsets(of: filter, into: &scratch.filtered) }
        scratch.found.reserve(Int(kernels.pointee.queries_per_call) * RowChunk.rowsMax)
        return RowScan(
            chunks: store.pointee.chunks, chunkCount: store.pointee.chunkCount, count: store.pointee.count,
            shape: shape, queries: queries, hasExclusions: false,
            filtered: request.filter == nil ? nil : UnsafePointer(scratch.filtered.base), kernels: kernels,
            selection: mq_kernels())
    }

    /// Scores the rows of a chunk that reach the thresholds of the queries in `numbers`.
    private func reach(
        _ scan: RowScan, _ chunk: Int, _ quantised: inout mq_shadow_queries, _ request: Request, _ slab: Range<Int>,
        _ scratch: inout SearchScratch
    ) {
        scan.findReaching(chunk: chunk, &quantised, &scratch)
        for at in 0..<Int(quantised.count) {
            let foundCount = Int(scratch.foundCounts.base[at])
            if foundCount == 0 { continue }
            let query = Int(scratch.numbers.base[at])
            let found = scratch.found.base + at * RowChunk.rowsMax
            let excluded = request.exclusions.isEmpty ? nil : request.exclusions[slab.lowerBound + query]
            for place in 0..<foundCount {
                let slot = found[place]
                if let excluded, let base = excluded.baseAddress, !excluded.isEmpty {
                    let item = scan.chunks[chunk].items[RowStore.row(of: Int(slot))]
                    if mq_find_u32(base, excluded.count, item) >= 0 { continue }
                }
                scan.append(slot, to: query, &scratch)
            }
            // The slots that wait are of this list.
            scan.scorePending(query, &scratch)
        }
    }
}
