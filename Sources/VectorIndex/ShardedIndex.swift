import Dispatch

/// Several indexes side by side, each with the items of equal number modulo their count: written and searched by a thread
/// each where that pays.
///
/// Answers are those of one index over all items, ties included. A shard's map from items to rows is as long as that of one
/// index, so each shard adds 4 bytes an item number. One search at a time: its shards' results are kept for the next. Not
/// for catalogues that one core searches in some ten microseconds.
public final class ShardedIndex: VectorIndex {
    public let dimension: Int
    public let shards: [any VectorIndex]
    private let partResults: [SearchResults]
    private var batchCheck = BatchCheck()

    /// Multiplications from which on a search or a batch of writes is divided among threads: some hundred microseconds.
    private static let workMin = 1 << 26

    /// - Parameter makeShard: Makes an empty index of the dimension.
    public init(dimension: Int, shardCount: Int, makeShard: () -> any VectorIndex) {
        precondition(shardCount >= 1, "an index has at least one shard")
        self.dimension = dimension
        shards = (0..<shardCount).map { _ in makeShard() }
        partResults = shards.map { _ in SearchResults() }
        precondition(shards.allSatisfy { $0.dimension == dimension }, "shards have the index's dimension")
    }

    public var count: Int { shards.reduce(0) { $0 + $1.count } }
    public var design: IndexDesign { shards[0].design }
    /// Of the shard that finds least.
    public var liveRecall: Double? {
        var least = 1.0
        for shard in shards {
            guard let recall = shard.liveRecall else { return nil }
            least = min(least, recall)
        }
        return least
    }
    public var byteCount: Int { shards.reduce(0) { $0 + $1.byteCount } }

    @inline(__always)
    private func shard(of item: UInt32) -> any VectorIndex { shards[Int(item) % shards.count] }

    public func contains(item: UInt32) -> Bool { shard(of: item).contains(item: item) }

    public func upsert(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) throws(IndexError) {
        try shard(of: item).upsert(item: item, id: id, vector: vector, offset: offset)
    }

    public func upsert(_ batch: UpsertBatch) throws(IndexError) {
        try batchCheck.check(batch, dimension: dimension)
        forEachShard(inParallel: batch.count * dimension * 64 >= Self.workMin) { shard in
            for at in 0..<batch.count where Int(batch.items[at]) % shards.count == shard {
                do throws(IndexError) {
                    try shards[shard].upsert(
                        item: batch.items[at], id: batch.ids[at], vector: batch.vectors + at * dimension,
                        offset: batch.offsets?[at] ?? 0)
                } catch {
                    preconditionFailure("the batch was checked: \(error)")
                }
            }
        }
    }

    @discardableResult
    public func remove(item: UInt32) -> Bool { shard(of: item).remove(item: item) }

    public func removeAll() { for shard in shards { shard.removeAll() } }

    public func search(
        queries: UnsafePointer<Float>, queryCount: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, among filter: ItemSet?,
        into results: SearchResults
    ) throws(IndexError) {
        results.removeAll()
        try SearchCheck.check(
            queries: queries, queryCount: queryCount, dimension: dimension, k: k, exclusions: exclusions)
        forEachShard(inParallel: count * queryCount * dimension >= Self.workMin) { shard in
            do throws(IndexError) {
                try shards[shard].search(
                    queries: queries, queryCount: queryCount, k: k, exclusions: exclusions, among: filter,
                    into: partResults[shard])
            } catch {
                preconditionFailure("the search was checked: \(error)")
            }
        }
        merge(queryCount: queryCount, k: k, into: results)
    }

    private func merge(queryCount: Int, k: Int, into results: SearchResults) {
        results.prepare(queryCount: queryCount, k: k)
        results.scratch.hits.reserve(k)
        for query in 0..<queryCount {
            var top = TopHits(hits: results.scratch.hits.base, capacity: k)
            for part in partResults {
                let (items, ids, scores) = (part.items(of: query), part.ids(of: query), part.scores(of: query))
                for at in items.indices { top.insert(Hit(score: scores[at], item: items[at], id: ids[at])) }
            }
            results.set(top, of: query)
        }
        results.rowsScored = partResults.reduce(0) { $0 + $1.rowsScored }
        results.rowsLookedAt = partResults.reduce(0) { $0 + $1.rowsLookedAt }
    }

    private func forEachShard(inParallel: Bool, _ body: (Int) -> Void) {
        if inParallel && shards.count > 1 {
            // Safe: each call writes to its own shard and its own results only, reads what the caller holds still, and
            // all calls have returned when this does.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: shards.count) { body($0) }
        } else {
            for shard in shards.indices { body(shard) }
        }
    }
}
