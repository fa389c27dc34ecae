/// The answers of one search, and the scratch memory of the next: made once and reused, it stops allocating.
///
/// Results of query q are in positions q * k ..< q * k + counts[q] of each column, best first.
public final class SearchResults {
    /// Number of queries answered.
    public private(set) var queryCount = 0
    /// The distance between the first results of two queries: what was asked for.
    public private(set) var k = 0
    /// Rows that the search scored in single precision, over all queries.
    public internal(set) var rowsScored = 0
    /// Rows whose shadows the search looked at, over all queries.
    public internal(set) var rowsLookedAt = 0

    private var countColumn = ScratchBuffer<Int32>()
    private var itemColumn = ScratchBuffer<UInt32>()
    private var idColumn = ScratchBuffer<Int64>()
    private var scoreColumn = ScratchBuffer<Float>()
    var scratch = SearchScratch()

    public init() {}

    /// Number of results of a query, at most `k`.
    @inline(__always)
    public func count(of query: Int) -> Int {
        precondition(query >= 0 && query < queryCount)
        return Int(countColumn.base[query])
    }

    public func items(of query: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: itemColumn.base + query * k, count: count(of: query))
    }

    public func ids(of query: Int) -> UnsafeBufferPointer<Int64> {
        UnsafeBufferPointer(start: idColumn.base + query * k, count: count(of: query))
    }

    public func scores(of query: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: scoreColumn.base + query * k, count: count(of: query))
    }

    public func removeAll() {
        queryCount = 0
        k = 0
        rowsScored = 0
        rowsLookedAt = 0
    }

    /// Makes room for `queryCount` answers without results.
    func prepare(queryCount: Int, k: Int) {
        self.queryCount = queryCount
        self.k = k
        scratch.rowsScored = 0
        scratch.rowsLookedAt = 0
        countColumn.reserve(queryCount)
        countColumn.base.update(repeating: 0, count: queryCount)
        itemColumn.reserve(queryCount * k)
        idColumn.reserve(queryCount * k)
        scoreColumn.reserve(queryCount * k)
    }

    func set(_ top: borrowing TopHits, of query: Int) {
        let first = query * k
        countColumn.base[query] = Int32(top.count)
        for place in 0..<top.count {
            let hit = top.hits[place]
            itemColumn.base[first + place] = hit.item
            idColumn.base[first + place] = hit.id
            scoreColumn.base[first + place] = hit.score
        }
    }
}
