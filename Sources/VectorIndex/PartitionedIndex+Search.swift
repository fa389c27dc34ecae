import CVectorKernels

extension PartitionedIndex {
    private static let queriesPerSlab = 96
    private static let queriesPerTrial = 64

    public func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, among filter: ItemSet?,
        into results: SearchResults
    ) throws(IndexError) {
        results.removeAll()
        try SearchCheck.check(
            queries: queries, queryCount: queryCount, dimension: dimension, k: k, exclusions: exclusions)
        if listCount > 1 {
            remember(queries, queryCount)
            if recall.probes == nil { tryProbes(k: k, results) }
        }
        results.prepare(queryCount: queryCount, k: k)
        guard count > 0 else { return }
        let request = Request(queries: queries, k: k, exclusions: exclusions, filter: filter)
        search(request, 0..<queryCount, probes: probes, into: results)
        if listCount > 1, probes < listCount, let sampled = recall.sample(of: queryCount) {
            measure(request, sampled, results)
        }
    }

    struct Request {
        var queries: UnsafePointer<Float>
        var k: Int
        var exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>
        var filter: ItemSet?
    }

    private func search(_ request: Request, _ range: Range<Int>, probes: Int, into results: SearchResults) {
        var first = range.lowerBound
        while first < range.upperBound {
            let slab = first..<min(first + Self.queriesPerSlab, range.upperBound)
            search(request, slab: slab, probes: probes, scratch: &results.scratch)
            for query in slab {
                results.set(results.scratch.tops.base[query - first], of: query - range.lowerBound)
            }
            first = slab.upperBound
        }
        results.rowsScored = results.scratch.rowsScored
    }

    private func search(_ request: Request, slab: Range<Int>, probes: Int, scratch: inout SearchScratch) {
        let queries = request.queries + slab.lowerBound * dimension
        let groupSize = Int(kernels.pointee.queries_per_call)
        scratch.begin(queryCount: slab.count, k: request.k, groupSize: groupSize)
        scratch.shadows.quantise(queries, count: slab.count, shape: shape, groupSize: 1, kernels: kernels)
        chooseLists(queries, count: slab.count, probes: probes, &scratch.probing)
        // First the lists that promise most, until there are k: they give a query its threshold.
        for query in 0..<slab.count {
            while !scratch.tops.base[query].isFull, let list = scratch.probing.takeBest(of: query) {
                select(query, list, queries, request, slab, &scratch)
            }
        }
        scratch.probing.sort(listCount: listCount)
        // Then list by list, all queries that look into it.
        for list in 0..<listCount {
            var place = Int(scratch.probing.starts.base[list])
            let end = Int(scratch.probing.starts.base[list + 1])
            if place == end || lists[list].count == 0 { continue }
            let scan = scan(list, queries, request, &scratch)
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
        _ query: Int, _ list: Int, _ queries: UnsafePointer<Float>, _ request: Request, _ slab: Range<Int>,
        _ scratch: inout SearchScratch
    ) {
        let scan = scan(list, queries, request, &scratch)
        var quantised = scratch.shadows.group(query..<query + 1)
        let (norm, offset) = scan.writeBounds(&quantised, &scratch)
        if !request.exclusions.isEmpty {
            for item in request.exclusions[slab.lowerBound + query]
            where homes[item] == UInt32(list) && slots[item] < UInt32(scan.rowsOfFirst) {
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
        _ list: Int, _ queries: UnsafePointer<Float>, _ request: Request, _ scratch: inout SearchScratch
    ) -> RowScan {
        if let filter = request.filter { lists[list].writeOffsets(of: filter, into: &scratch.filtered) }
        scratch.found.reserve(Int(kernels.pointee.queries_per_call) * RowChunk.rowsMax)
        return RowScan(
            chunks: lists[list].chunks, chunkCount: lists[list].chunkCount, count: lists[list].count, shape: shape,
            queries: queries, hasExclusions: false,
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

    // MARK: Which lists

    private func chooseLists(
        _ queries: UnsafePointer<Float>, count queryCount: Int, probes: Int, _ probing: inout ProbingScratch
    ) {
        probing.begin(queryCount: queryCount, listCount: listCount)
        if let centroids {
            let perCall = CentroidTable.vectorsPerCall
            for first in stride(from: 0, to: queryCount, by: perCall) {
                let group = min(perCall, queryCount - first)
                centroids.scoreQueries(queries + first * dimension, count: group)
                for at in 0..<group { chooseLists(first + at, at, centroids, probes, &probing) }
            }
        } else {
            probing.found.base[0] = 0
            for query in 0..<queryCount {
                probing.add(query: query, lists: probing.found.base, count: 1) { _ in 0 }
            }
        }
    }

    private func chooseLists(
        _ query: Int, _ at: Int, _ centroids: CentroidTable, _ probes: Int, _ probing: inout ProbingScratch
    ) {
        let found = probing.found.base
        // The bound is of at most so many; above that, all lists are looked into.
        let wanted = min(probes, Int(MQ_KTH_MAX))
        var foundCount = centroids.best(of: at, wanted: wanted, into: found)
        if probes >= listCount {
            foundCount = listCount
            for list in 0..<listCount { found[list] = UInt32(list) }
        }
        probing.add(query: query, lists: found, count: foundCount) { centroids.lastScore(at, Int($0)) }
    }

    // MARK: Recall

    private func remember(_ queries: UnsafePointer<Float>, _ queryCount: Int) {
        if recall.probes != nil && !recentQueries.isEmpty {
            recentQueries = []
            recentCount = 0
        }
        if recall.probes != nil { return }
        let taken = min(queryCount, Self.queriesPerTrial - recentCount)
        if taken <= 0 { return }
        recentQueries += UnsafeBufferPointer(start: queries, count: taken * dimension)
        recentCount += taken
    }

    /// Looks into as many lists as the target needs, by the newest queries; all of them until there are enough.
    private func tryProbes(k: Int, _ results: SearchResults) {
        guard recentCount >= Self.queriesPerTrial else { return }
        let none = UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>(start: nil, count: 0)
        recentQueries.withUnsafeBufferPointer { queries in
            guard let base = queries.baseAddress else { return }
            let request = Request(queries: base, k: k, exclusions: none, filter: nil)
            let exact = answers(request, 0..<recentCount, probes: listCount, results)
            for step in RecallControl.steps where step < listCount {
                recall.probes = step
                let found = answers(request, 0..<recentCount, probes: step, results)
                let (hits, wanted) = Self.overlap(found, exact)
                if Double(hits) >= recall.trialTarget * Double(wanted) { return }
            }
            recall.probes = min(listCount, Int(MQ_KTH_MAX))
        }
    }

    private func answers(
        _ request: Request, _ range: Range<Int>, probes: Int, _ results: SearchResults
    ) -> [[UInt32]] {
        results.prepare(queryCount: range.count, k: request.k)
        search(request, range, probes: probes, into: results)
        return (0..<range.count).map { Array(results.items(of: $0)) }
    }

    private static func overlap(_ found: [[UInt32]], _ exact: [[UInt32]]) -> (hits: Int, wanted: Int) {
        var (hits, wanted) = (0, 0)
        for (found, exact) in zip(found, exact) {
            hits += exact.count { found.contains($0) }
            wanted += exact.count
        }
        return (hits, wanted)
    }

    /// Answers one query exactly and notes how much of that had been found.
    private func measure(_ request: Request, _ query: Int, _ results: SearchResults) {
        let found = Array(results.items(of: query))
        let sample = SearchResults()
        let exact = answers(request, query..<query + 1, probes: listCount, sample)
        let (hits, wanted) = Self.overlap([found], exact)
        recall.add(hits: hits, of: wanted)
    }
}
