/// Which lists the queries of a slab look into.
struct ProbingScratch: ~Copyable {
    /// For each query the list that promises most.
    var best = ScratchBuffer<UInt32>()
    /// Pairs of a list and a query, as they were found.
    var pairLists = ScratchBuffer<UInt32>()
    var pairQueries = ScratchBuffer<UInt32>()
    private(set) var pairCount = 0
    /// The queries of each list, and where each list's begin: `[lists + 1]`.
    var queries = ScratchBuffer<UInt32>()
    var starts = ScratchBuffer<UInt32>()
    /// Lists found for one query.
    var found = ScratchBuffer<UInt32>()

    mutating func begin(queryCount: Int, listCount: Int) {
        best.reserve(queryCount)
        pairLists.reserve(queryCount * listCount)
        pairQueries.reserve(queryCount * listCount)
        queries.reserve(queryCount * listCount)
        starts.reserve(listCount + 1)
        found.reserve(listCount)
        pairCount = 0
    }

    @inline(__always)
    mutating func add(list: UInt32, query: Int) {
        pairLists.base[pairCount] = list
        pairQueries.base[pairCount] = UInt32(query)
        pairCount += 1
    }

    /// Counting sort of the pairs by list.
    mutating func sort(listCount: Int) {
        let starts = starts.base
        starts.update(repeating: 0, count: listCount + 1)
        for pair in 0..<pairCount { starts[Int(pairLists.base[pair])] += 1 }
        var end: UInt32 = 0
        for list in 0..<listCount {
            end += starts[list]
            starts[list] = end
        }
        starts[listCount] = end
        // Backwards, after which each start is where it belongs and queries are in order.
        for pair in stride(from: pairCount - 1, through: 0, by: -1) {
            let list = Int(pairLists.base[pair])
            starts[list] -= 1
            queries.base[Int(starts[list])] = pairQueries.base[pair]
        }
    }
}
