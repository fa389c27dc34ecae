import CVectorKernels

/// The lists of a search: those of a partition and, while rows move, those of the next behind them.
struct SearchedLists {
    private let first: UnsafeMutablePointer<RowStore>
    private let firstCount: Int
    private let firstParity: UInt32
    private let second: UnsafeMutablePointer<RowStore>
    let count: Int

    init(_ current: Partition, _ next: Partition?) {
        first = current.lists
        firstCount = current.count
        firstParity = current.parity
        second = next?.lists ?? current.lists
        count = current.count + (next?.count ?? 0)
    }

    @inline(__always)
    func store(_ list: Int) -> UnsafeMutablePointer<RowStore> {
        list < firstCount ? first + list : second + (list - firstCount)
    }

    /// What an item's home is if its row is in the list.
    @inline(__always)
    func home(_ list: Int) -> UInt32 {
        list < firstCount ? Partition.home(list, firstParity) : Partition.home(list - firstCount, 1 - firstParity)
    }
}

/// Which lists a search looks into, and how much of the exact answers it finds there.
extension PartitionedIndex {
    /// Lists that a search looks into.
    public var probes: Int {
        let ofNext = next.map { min($0.count, probesOfNext ?? $0.count) } ?? 0
        return min(current.count, recall.probes ?? current.count) + ofNext
    }

    /// The part of exact answers that samples of late found; nil before there were enough.
    public var liveRecall: Double? { current.isDivided ? recall.liveRecall : 1 }

    /// While rows move to other lists, the same part of those; nil = all of them.
    var probesOfNext: Int? {
        guard let next, current.isDivided, let probes = recall.probes, probes < current.count else { return nil }
        return min(RecallControl.probesMax, (probes * next.count + current.count - 1) / current.count)
    }

    /// Whether it is still to be found out where in the present lists answers lie.
    var isTrying: Bool { recall.isTrying && next == nil && current.isDivided }

    func chooseLists(
        _ queries: UnsafePointer<Float>, count queryCount: Int, _ searched: SearchedLists, _ looking: Looking,
        _ probing: inout ProbingScratch
    ) {
        probing.begin(queryCount: queryCount, listCount: searched.count)
        let perCall = CentroidTable.vectorsPerCall
        let (probes, probesOfNext) = looking == .everywhere ? (nil, nil) : (recall.probes, probesOfNext)
        for first in stride(from: 0, to: queryCount, by: perCall) {
            let group = min(perCall, queryCount - first)
            current.centroids?.scoreQueries(queries + first * dimension, count: group)
            next?.centroids?.scoreQueries(queries + first * dimension, count: group)
            for at in 0..<group {
                probing.begin(query: first + at)
                choose(at, of: current, from: 0, probes, &probing)
                if let next { choose(at, of: next, from: current.count, probesOfNext, &probing) }
            }
        }
    }

    /// - Parameter first: The number of the partition's first list in the search.
    private func choose(
        _ query: Int, of partition: Partition, from first: Int, _ probes: Int?, _ probing: inout ProbingScratch
    ) {
        // All rows are in the only list.
        guard let centroids = partition.centroids else { return probing.add(list: first, score: .infinity) }
        if let probes, probes < partition.count {
            let found = probing.found.base
            let best = centroids.best(of: query, wanted: min(probes, RecallControl.probesMax), into: found)
            for at in 0..<best {
                let list = Int(found[at])
                probing.add(list: first + list, score: centroids.score(query, list))
            }
        } else {
            for list in 0..<partition.count {
                probing.add(list: first + list, score: centroids.score(query, list))
            }
        }
    }

    // MARK: Recall

    /// Notes in which of a query's lists, from the best, its exact answers lay.
    func noteRanks(_ request: Request, _ query: Int, _ exact: UnsafeBufferPointer<UInt32>) {
        guard let centroids = current.centroids else { return }
        centroids.scoreQueries(request.queries + query * dimension, count: 1)
        for item in exact { recall.add(rank: centroids.rank(0, Partition.list(of: homes[item]))) }
        recall.finishQuery()
    }

    /// Answers one query exactly and notes how much of that had been found, and where it lay.
    func answerExactly(_ request: Request, _ query: Int, _ results: SearchResults) {
        sampled.prepare(queryCount: 1, k: request.k)
        search(request, query..<query + 1, looking: .everywhere, into: sampled, at: 0)
        let (found, exact) = (results.items(of: query), sampled.items(of: 0))
        recall.add(hits: exact.count { found.contains($0) }, of: exact.count)
        if isTrying { noteRanks(request, query, exact) }
    }
}
