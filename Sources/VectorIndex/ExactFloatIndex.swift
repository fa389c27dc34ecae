import CVectorKernels

/// The exact index: every search scores every row in single precision.
///
/// With n rows of dimension d: `upsert` and `remove` O(d), in place (a removal moves the last row into the hole);
/// `search` O(n d) a query, in batches that share each load of a row; memory 4 (d + 1) + 16 bytes a row, in chunks of
/// 512 rows, and 4 bytes an item number. A score is fma over the coordinates in ascending order, then + offset,
/// rounded once more: the same bits on every processor.
///
/// Not for more than some hundred thousand rows where latency matters: there a search costs milliseconds, and an
/// int8 first pass or inverted lists pay.
public final class ExactFloatIndex: VectorIndex {
    public let dimension: Int
    public var count: Int { store.count }

    var store: BlockStore
    var map = ItemMap()
    let kernels: UnsafePointer<mq_kernel_table>

    /// - Parameter dimension: Length of every vector, 1...`IndexLimits.dimensionMax`.
    public convenience init(dimension: Int) {
        self.init(dimension: dimension, kernels: mq_kernels())
    }

    init(dimension: Int, kernels: UnsafePointer<mq_kernel_table>) {
        precondition(dimension >= 1 && dimension <= IndexLimits.dimensionMax, "dimension out of range")
        self.dimension = dimension
        self.kernels = kernels
        store = BlockStore(dimension: dimension)
    }

    /// Bytes of rows, ids and the map, as allocated; without the scratch of searches.
    public var byteCount: Int { store.byteCount + map.capacity * MemoryLayout<UInt32>.stride }

    public func contains(item: UInt32) -> Bool { map[item] != ItemMap.none }

    public func upsert(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) throws(IndexError) {
        guard item <= IndexLimits.itemMax else { throw .itemOutOfRange(got: item, max: IndexLimits.itemMax) }
        guard offset.isFinite, mq_all_finite(vector, dimension) else { throw .vectorNotFinite(item: item) }
        var slot = map[item]
        if slot == ItemMap.none {
            slot = UInt32(store.append())
            map.set(item, slot)
        }
        store.write(slot: Int(slot), item: item, id: id, vector: vector, offset: offset)
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
