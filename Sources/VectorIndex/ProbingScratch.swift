/// Which lists the queries of a slab look into.
struct ProbingScratch: ~Copyable {
    /// Pairs of a list and a query with what the list promises, those of a query together.
    private var pairLists = ScratchBuffer<UInt32>()
    private var pairQueries = ScratchBuffer<UInt32>()
    private var pairScores = ScratchBuffer<Float>()
    private var pairCount = 0
    /// Pairs of all queries.
    var count: Int { pairCount }
    private var lastQuery = 0
    /// Where each query's pairs begin: `[queries + 1]`.
    private var firstPairs = ScratchBuffer<Int>()
    /// The queries of each list, and where each list's begin: `[lists + 1]`.
    var queries = ScratchBuffer<UInt32>()
    var starts = ScratchBuffer<UInt32>()
    /// Lists found for one query.
    var found = ScratchBuffer<UInt32>()

    mutating func begin(queryCount: Int, listCount: Int) {
        firstPairs.reserve(queryCount + 1)
        pairLists.reserve(queryCount * listCount)
        pairQueries.reserve(queryCount * listCount)
        pairScores.reserve(queryCount * listCount)
        queries.reserve(queryCount * listCount)
        starts.reserve(listCount + 1)
        found.reserve(listCount)
        pairCount = 0
    }

    /// From here on pairs of the next query are added.
    @inline(__always)
    mutating func begin(query: Int) {
        firstPairs.base[query] = pairCount
        firstPairs.base[query + 1] = pairCount
        lastQuery = query
    }

    @inline(__always)
    mutating func add(list: Int, score: Float) {
        pairLists.base[pairCount] = UInt32(list)
        pairQueries.base[pairCount] = UInt32(lastQuery)
        pairScores.base[pairCount] = score
        pairCount += 1
        firstPairs.base[lastQuery + 1] = pairCount
    }

    @inline(__always)
    func list(_ pair: Int) -> Int { Int(pairLists.base[pair]) }

    /// Sorts the pairs of the only query, the best first: an insertion sort, for some tens of them.
    mutating func sortByPromise() {
        let (lists, scores) = (pairLists.base, pairScores.base)
        for pair in stride(from: 1, to: pairCount, by: 1) {
            let (list, score) = (lists[pair], scores[pair])
            var place = pair
            while place > 0 && scores[place - 1] < score {
                (lists[place], scores[place]) = (lists[place - 1], scores[place - 1])
                place -= 1
            }
            (lists[place], scores[place]) = (list, score)
        }
    }

    /// Takes the pair of a query out whose list promises most; nil if none is left.
    mutating func takeBest(of query: Int) -> Int? {
        var best: Int?
        for pair in firstPairs.base[query]..<firstPairs.base[query + 1] where pairLists.base[pair] != .max {
            if best.map({ pairScores.base[pair] > pairScores.base[$0] }) ?? true { best = pair }
        }
        guard let best else { return nil }
        let list = pairLists.base[best]
        pairLists.base[best] = .max
        return Int(list)
    }

    /// Counting sort of the pairs that are left by list.
    mutating func sort(listCount: Int) {
        let starts = starts.base
        starts.update(repeating: 0, count: listCount + 1)
        for pair in 0..<pairCount where pairLists.base[pair] != .max { starts[Int(pairLists.base[pair])] += 1 }
        var end: UInt32 = 0
        for list in 0..<listCount {
            end += starts[list]
            starts[list] = end
        }
        starts[listCount] = end
        // Backwards, after which each start is where it belongs and queries are in order.
        for pair in stride(from: pairCount - 1, through: 0, by: -1) where pairLists.base[pair] != .max {
            let list = Int(pairLists.base[pair])
            starts[list] -= 1
            queries.base[Int(starts[list])] = pairQueries.base[pair]
        }
    }
}
