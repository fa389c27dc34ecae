import CVectorKernels

extension PartitionedIndex {
    private static let queriesPerSlab = 96
    /// Up to so many lists are sorted.
    private static let listsInOrder = 64

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
        results.rowsLookedAt = results.scratch.rowsLookedAt
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
        if slab.count == 1 && scratch.probing.count <= Self.listsInOrder {
            searchInOrder(searched, queries, request, slab, &scratch)
        } else {
            searchTogether(searched, queries, request, slab, groupSize, &scratch)
        }
        let scan = scan(searched.store(0), queries, request, slab, isFiltered: false, &scratch)
        for query in 0..<slab.count { scan.scorePending(query, &scratch) }
    }

    /// Of one query: what promises most comes first, so that the threshold is high for the rest.
    private func searchInOrder(
        _ searched: SearchedLists, _ queries: UnsafePointer<Float>, _ request: Request, _ slab: Range<Int>,
        _ scratch: inout SearchScratch
    ) {
        scratch.probing.sortByPromise()
        let count = scratch.probing.count
        for place in 0..<count {
            let list = scratch.probing.list(place)
            if place + 1 < count { searched.store(scratch.probing.list(place + 1)).pointee.prefetch() }
            if searched.store(list).pointee.count == 0 { continue }
            if !scratch.tops.base[0].isFull {
                select(0, searched, list, queries, request, slab, &scratch)
                continue
            }
            let scan = scan(searched.store(list), queries, request, slab, &scratch)
            scratch.rowsLookedAt += scan.count
            scratch.numbers.base[0] = 0
            var quantised = scratch.shadows.group(0..<1)
            for chunk in 0..<scan.chunkCount { reach(scan, chunk, &quantised, &scratch) }
        }
    }

    /// All queries share each load of a list.
    private func searchTogether(
        _ searched: SearchedLists, _ queries: UnsafePointer<Float>, _ request: Request, _ slab: Range<Int>,
        _ groupSize: Int, _ scratch: inout SearchScratch
    ) {
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
            let scan = scan(searched.store(list), queries, request, slab, &scratch)
            scratch.rowsLookedAt += (end - place) * scan.count
            while place < end {
                let group = min(groupSize, end - place)
                for at in 0..<group { scratch.numbers.base[at] = scratch.probing.queries.base[place + at] }
                var quantised = scratch.shadows.gather(scratch.numbers.base, count: group)
                for chunk in 0..<scan.chunkCount { reach(scan, chunk, &quantised, &scratch) }
                place += group
            }
        }
    }

    /// The best rows of a list for one query.
    private func select(
        _ query: Int, _ searched: SearchedLists, _ list: Int, _ queries: UnsafePointer<Float>, _ request: Request,
        _ slab: Range<Int>, _ scratch: inout SearchScratch
    ) {
        let scan = scan(searched.store(list), queries, request, slab, &scratch)
        scratch.rowsLookedAt += scan.count
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
        scan.select(query, rows: scan.rowsOfFirst, slack: slack, &scratch)
        scratch.numbers.base[0] = UInt32(query)
        for chunk in stride(from: Segment.chunks, to: scan.chunkCount, by: 1) {
            reach(scan, chunk, &quantised, &scratch)
        }
    }

    private func scan(
        _ store: UnsafeMutablePointer<RowStore>, _ queries: UnsafePointer<Float>, _ request: Request,
        _ slab: Range<Int>, isFiltered: Bool = true, _ scratch: inout SearchScratch
    ) -> RowScan {
        let filter = isFiltered ? request.filter : nil
        if let filter { store.pointee.writeOffsets(of: filter, into: &scratch.filtered) }
        scratch.found.reserve(Int(kernels.pointee.queries_per_call) * RowChunk.rowsMax)
        return RowScan(
            chunks: store.pointee.chunks, chunkCount: store.pointee.chunkCount, count: store.pointee.count,
            shape: shape, queries: queries, hasExclusions: false,
            excludedItems: request.exclusions.isEmpty ? nil : UnsafeBufferPointer(rebasing: request.exclusions[slab]),
            filtered: filter == nil ? nil : UnsafePointer(scratch.filtered.base), kernels: kernels,
            selection: mq_kernels())
    }

    /// Puts the rows of a chunk that reach the thresholds of the queries in `numbers` among those to be scored.
    private func reach(
        _ scan: RowScan, _ chunk: Int, _ quantised: inout mq_shadow_queries, _ scratch: inout SearchScratch
    ) {
        scan.findReaching(chunk: chunk, &quantised, &scratch)
        for at in 0..<Int(quantised.count) {
            let query = Int(scratch.numbers.base[at])
            let found = scratch.found.base + at * RowChunk.rowsMax
            for place in 0..<Int(scratch.foundCounts.base[at]) { scan.append(found[place], to: query, &scratch) }
        }
    }
}
