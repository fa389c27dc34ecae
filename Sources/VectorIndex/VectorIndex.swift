/// Rows of vectors with an offset each, written in place and searched by inner product + offset.
///
/// An *item* is the caller's dense row number; an *id* is the number that the world knows, and breaks ties. A search
/// sees every write before it. One thread at a time may write; searches may run in parallel, each with its own
/// `SearchResults`, while nothing is written, unless the index says otherwise.
public protocol VectorIndex: AnyObject {
    /// Length of every vector.
    var dimension: Int { get }
    /// Number of items in the index.
    var count: Int { get }

    /// How it searches at its present size.
    var design: IndexDesign { get }
    /// The part of the exact answers that searches of late found; 1 where all answers are exact, nil before it is known.
    var liveRecall: Double? { get }
    /// Bytes of all that the index holds, as allocated, without the scratch of searches.
    var byteCount: Int { get }

    func contains(item: UInt32) -> Bool

    /// Adds the item, or overwrites its id, vector and offset.
    ///
    /// - Parameters:
    ///   - vector: `dimension` floats, copied.
    ///   - offset: added to every score of the item, exactly.
    func upsert(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) throws(IndexError)

    /// `upsert` of many items, all of them or, after an error, none.
    func upsert(_ batch: UpsertBatch) throws(IndexError)

    /// Removes the item; false if it is not there.
    @discardableResult
    func remove(item: UInt32) -> Bool

    func removeAll()

    /// The best `k` items of each query: score descending, of equal scores the smaller id first (of equal ids the
    /// smaller item). Fewer where fewer are left. An item whose score overflows to "not a number" is left out.
    ///
    /// - Parameters:
    ///   - queries: `[queryCount x dimension]` floats.
    ///   - k: 1...`IndexLimits.resultCountMax`.
    ///   - exclusions: For each query the items that must not appear, in any order, repeated and unknown ones allowed;
    ///     or empty, if nothing is excluded.
    ///   - filter: The items that may appear; all of them if nil.
    ///   - results: Emptied, then filled; empty after an error.
    func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, among filter: ItemSet?,
        into results: SearchResults
    ) throws(IndexError)
}

extension VectorIndex {
    /// `upsert` of a vector that brings its length, which is checked.
    public func upsert(
        item: UInt32, id: Int64, vector: UnsafeBufferPointer<Float>, offset: Float
    ) throws(IndexError) {
        guard vector.count == dimension, let base = vector.baseAddress else {
            throw .dimensionMismatch(expected: dimension, got: vector.count)
        }
        try upsert(item: item, id: id, vector: base, offset: offset)
    }

    /// `search` among all items.
    public func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, into results: SearchResults
    ) throws(IndexError) {
        try search(
            queries: queries, queryCount: queryCount, k: k, exclusions: exclusions, among: nil, into: results)
    }

    /// `search` of one query that brings its length, which is checked.
    public func search(
        query: UnsafeBufferPointer<Float>, k: Int, excluding items: UnsafeBufferPointer<UInt32>,
        into results: SearchResults
    ) throws(IndexError) {
        guard query.count == dimension, let base = query.baseAddress else {
            results.removeAll()
            throw .dimensionMismatch(expected: dimension, got: query.count)
        }
        var list = items
        let failure = withUnsafePointer(to: &list) { list -> IndexError? in
            do throws(IndexError) {
                try search(
                    queries: base, queryCount: 1, k: k,
                    exclusions: UnsafeBufferPointer(start: list, count: 1), into: results)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}
