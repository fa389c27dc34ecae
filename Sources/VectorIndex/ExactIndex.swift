import CVectorKernels

/// The exact index: every search looks at every row's int8 shadow, and scores the rows whose bound reaches the k-th best.
///
/// With n rows of dimension d: `upsert` and `remove` O(d), in place (a removal moves the last row into the hole);
/// `search` O(n d) operations on bytes a query, in batches that share each load of a row, and O(d) a row that is scored;
/// memory 5 d + 20 bytes a row, and 4 bytes an item number. A score is fma over the coordinates in ascending order, then +
/// offset, rounded once more: the same bits on every processor, and the same answers as scoring every row. The article "The
/// index" has the proof.
///
/// Not where latency matters at many hundred thousand rows and a recall of 0.95 to 0.99 is enough: see `PartitionedIndex`.
public final class ExactIndex: VectorIndex {
    /// How far shadows lag behind their rows before they are made anew, in errors of a fresh one.
    public static let lag: Float = 3

    public let dimension: Int
    public var count: Int { store.count }
    public var design: IndexDesign { .exact }
    public var liveRecall: Double? { 1 }

    var store: RowStore
    var map = ItemMap()
    private var batchCheck = BatchCheck()
    let kernels: UnsafePointer<mq_index_kernel_table>

    /// - Parameter dimension: Length of every vector, 1...`IndexLimits.dimensionMax`.
    public convenience init(dimension: Int) {
        self.init(dimension: dimension, kernels: mq_index_kernels())
    }

    init(dimension: Int, kernels: UnsafePointer<mq_index_kernel_table>, lag: Float = ExactIndex.lag) {
        precondition(dimension >= 1 && dimension <= IndexLimits.dimensionMax, "dimension out of range")
        self.dimension = dimension
        self.kernels = kernels
        store = RowStore(dimension: dimension, kernels: kernels, lag: lag)
    }

    /// Bytes of rows, shadows, ids and the map, as allocated; without the scratch of searches.
    public var byteCount: Int { store.byteCount + map.capacity * MemoryLayout<UInt32>.stride }

    public func contains(item: UInt32) -> Bool { map[item] != ItemMap.none }

    public func upsert(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) throws(IndexError) {
        guard item <= IndexLimits.itemMax else { throw .itemOutOfRange(got: item, max: IndexLimits.itemMax) }
        guard offset.isFinite else { throw .vectorNotFinite(item: item) }
        let slot = map[item]
        if slot != ItemMap.none {
            guard store.overwrite(slot: Int(slot), id: id, vector: vector, offset: offset) else {
                throw .vectorNotFinite(item: item)
            }
            return
        }
        guard mq_all_finite(vector, dimension) else { throw .vectorNotFinite(item: item) }
        map.set(item, UInt32(store.append(item: item, id: id, vector: vector, offset: offset)))
    }

    public func upsert(_ batch: UpsertBatch) throws(IndexError) {
        try batchCheck.check(batch, dimension: dimension)
        store.write(batch, map: &map)
    }

    @discardableResult
    public func remove(item: UInt32) -> Bool {
        let slot = map[item]
        guard slot != ItemMap.none else { return false }
        let moved = store.item(at: count - 1)
        store.removeBySwap(slot: Int(slot))
        map.set(moved, slot)
        map.set(item, ItemMap.none)
        return true
    }

    public func removeAll() {
        store.removeAll()
        map.removeAll()
    }
}
