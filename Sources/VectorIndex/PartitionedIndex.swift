import CVectorKernels

/// Inverted lists of the exact index's rows and shadows: a search looks into the lists whose centres promise most.
///
/// For large catalogues where a part of the exact answers, the target, is enough. Below `rowsMin` rows there is one list,
/// and answers are exact. From there on rows are divided among about 1.6 sqrt(n) lists by k-means (Lloyd, 1982) over vectors
/// with their offset, and again when there are four times as many. An upsert stays in its list while that list's centre is
/// nearer than the second nearest was when the row was last placed; else it moves. How many lists a search looks into follows
/// from the target and where the exact answers of some queries lay, and is corrected by exact answers to one query in a
/// thousand.
///
/// Nothing waits for maintenance. Every so many writes one list is centred anew and some of its rows are placed again. To
/// divide the rows each write does a piece of the work, some ten microseconds (`Division`): centres are trained while the old
/// lists serve, then rows move to the new lists while searches look into both. A batch brings the work of all its writes, so
/// that a fill leaves the rows divided.
///
/// With n rows of dimension d: `upsert` O(d), or O(d sqrt n) where the row moves; `remove` O(d); `search`
/// O(d (sqrt n + probed rows)) a query; memory as of the exact index and 8 bytes an item more.
///
/// One search at a time: it keeps account of its own recall, and its centres have one scratch.
///
/// Not where answers must be exact or below some ten thousand rows: `ExactIndex` is faster there.
public final class PartitionedIndex: VectorIndex {
    public let dimension: Int
    public private(set) var count = 0

    /// Rows from which on they are divided.
    public static let rowsMin = 20_000
    /// Multiplications that each write does for a division: some ten microseconds.
    static let workPerWrite = 1 << 20

    let shape: RowShape
    let kernels: UnsafePointer<mq_index_kernel_table>
    private(set) var current: Partition
    /// Where rows are moving to.
    private(set) var next: Partition?
    var division: Division?
    /// The list of each item (`Partition.home`), and the slot in it.
    var homes = ItemMap()
    var slots = ItemMap()
    /// For each item the bits of how near the second nearest centre was.
    private var margins = ItemMap()
    private var batchCheck = BatchCheck()
    private var padded = ScratchBuffer<Float>()
    var means = ScratchBuffer<Float>()
    private let rowsMin: Int
    private let workPerWrite: Int
    /// Rows when they were divided last.
    private var rowsDivided = 0
    /// Multiplications that writes have brought for the division and that are not done yet, or below 0 were done early.
    private var workDue = 0
    /// Multiplications of maintenance so far, about.
    var workDone = 0
    var writesUntilCentring = PartitionedIndex.writesPerCentring
    var centrings = 0
    var recall: RecallControl
    /// Of queries that are answered exactly, too.
    let sampled = SearchResults()

    /// - Parameters:
    ///   - dimension: Length of every vector, 1...`IndexLimits.dimensionMax`.
    ///   - targetRecall: The part of the exact answers that is wanted, above 0 and below 1.
    public convenience init(dimension: Int, targetRecall: Double) {
        self.init(dimension: dimension, targetRecall: targetRecall, rowsMin: Self.rowsMin, kernels: mq_index_kernels())
    }

    init(
        dimension: Int, targetRecall: Double, rowsMin: Int, workPerWrite: Int = PartitionedIndex.workPerWrite,
        kernels: UnsafePointer<mq_index_kernel_table>
    ) {
        precondition(dimension >= 1 && dimension <= IndexLimits.dimensionMax, "dimension out of range")
        precondition(targetRecall > 0 && targetRecall < 1, "target out of range")
        self.dimension = dimension
        self.kernels = kernels
        self.rowsMin = rowsMin
        self.workPerWrite = workPerWrite
        shape = RowShape(dimension: dimension)
        recall = RecallControl(target: targetRecall)
        current = Partition(nil, after: nil, dimension: dimension, kernels: kernels)
        padded.reserve(shape.paddedDimension)
        padded.base.update(repeating: 0, count: shape.paddedDimension)
    }

    public var byteCount: Int {
        let maps = homes.capacity + slots.capacity + margins.capacity
        return 4 * maps + current.byteCount + (next?.byteCount ?? 0) + (division?.byteCount ?? 0)
    }

    /// Exact until rows begin to move to lists.
    public var design: IndexDesign { listCount == 1 ? .exact : .partitioned }

    /// Lists that a search chooses from.
    public var listCount: Int { current.count + (next?.count ?? 0) }

    public func contains(item: UInt32) -> Bool { homes[item] != ItemMap.none }

    // MARK: Writing

    public func upsert(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) throws(IndexError) {
        guard item <= IndexLimits.itemMax else { throw .itemOutOfRange(got: item, max: IndexLimits.itemMax) }
        guard offset.isFinite, mq_all_finite(vector, dimension) else { throw .vectorNotFinite(item: item) }
        write(item: item, id: id, vector: vector, offset: offset)
        maintain(writes: 1)
    }

    public func upsert(_ batch: UpsertBatch) throws(IndexError) {
        try batchCheck.check(batch, dimension: dimension)
        for at in 0..<batch.count {
            write(
                item: batch.items[at], id: batch.ids[at], vector: batch.vectors + at * dimension,
                offset: batch.offsets?[at] ?? 0)
        }
        maintain(writes: batch.count)
    }

    @discardableResult
    public func remove(item: UInt32) -> Bool {
        guard contains(item: item) else { return false }
        take(item)
        homes.set(item, ItemMap.none)
        count -= 1
        return true
    }

    public func removeAll() {
        current = Partition(nil, after: nil, dimension: dimension, kernels: kernels)
        next = nil
        division = nil
        workDue = 0
        recall.forget()
        homes.removeAll()
        slots.removeAll()
        margins.removeAll()
        count = 0
        rowsDivided = 0
    }

    /// Writes a row that is finite. While rows move, one that is written moves at once.
    private func write(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) {
        let target = next ?? current
        let home = homes[item]
        if home != ItemMap.none && target.holds(home) && stays(item, Partition.list(of: home), target, vector, offset) {
            overwrite(target, item, id, vector, offset)
            return
        }
        let made = target.assign(vector, offset: offset)
        if home == target.home(made.list) {
            setMargin(item, made, in: target)
            overwrite(target, item, id, vector, offset)
            return
        }
        if home == ItemMap.none { count += 1 } else { take(item) }
        append(RowInPlace(item: item, id: id, vector: vector, offset: offset), to: target, made)
    }

    @inline(__always)
    private func overwrite(
        _ target: Partition, _ item: UInt32, _ id: Int64, _ vector: UnsafePointer<Float>, _ offset: Float
    ) {
        let list = Partition.list(of: homes[item])
        _ = target.lists[list].overwrite(slot: Int(slots[item]), id: id, vector: vector, offset: offset)
    }

    /// Whether a row's own centre is nearer than the second nearest was.
    @inline(__always)
    private func stays(
        _ item: UInt32, _ list: Int, _ partition: Partition, _ vector: UnsafePointer<Float>, _ offset: Float
    ) -> Bool {
        guard partition.isDivided else { return true }
        padded.base.update(from: vector, count: dimension)
        return partition.nearness(list, padded: padded.base, offset: offset) >= Float(bitPattern: margins[item])
    }

    /// Adds a row to its list and notes where it is.
    @inline(__always)
    func append(_ row: RowInPlace, to partition: Partition, _ made: CentroidTable.Assignment) {
        let slot = partition.lists[made.list].append(
            item: row.item, id: row.id, vector: row.vector, offset: row.offset)
        homes.set(row.item, partition.home(made.list))
        slots.set(row.item, UInt32(slot))
        setMargin(row.item, made, in: partition)
    }

    /// Notes how near the second nearest centre was; a single list has none.
    @inline(__always)
    func setMargin(_ item: UInt32, _ made: CentroidTable.Assignment, in partition: Partition) {
        if partition.isDivided { margins.set(item, made.secondNearness.bitPattern) }
    }

    @inline(__always)
    func partition(of home: UInt32) -> Partition {
        if let next, next.holds(home) { return next }
        return current
    }

    /// Takes an item's row out of its list; its home still names it.
    private func take(_ item: UInt32) {
        let home = homes[item]
        remove(slot: Int(slots[item]), from: partition(of: home), Partition.list(of: home))
    }

    /// Fills a slot with the list's last row.
    @inline(__always)
    func remove(slot: Int, from partition: Partition, _ list: Int) {
        let store = partition.lists + list
        store.pointee.removeBySwap(slot: slot)
        if slot < store.pointee.count { slots.set(store.pointee.item(at: slot), UInt32(slot)) }
    }

    // MARK: Maintenance

    private func maintain(writes: Int) {
        if division == nil && count >= rowsMin && (!current.isDivided || count > 4 * rowsDivided) {
            division = Division(rowCount: count, itemsEnd: homes.capacity, shape: shape)
            workDue = 0
        }
        if let division {
            workDue += writes * workPerWrite
            while workDue > 0 && self.division != nil {
                let done = divide(division)
                workDue -= done
                workDone += done
            }
            // New lists have their centres.
            if self.division == nil { return }
        }
        if current.isDivided && next == nil { centre(afterWrites: writes) }
    }

    /// From here on rows move to the division's lists.
    func beginMoving(to centroids: CentroidTable) {
        next = Partition(centroids, after: current, dimension: dimension, kernels: kernels)
    }

    /// All rows have moved.
    func endMoving(to new: Partition) {
        recall.partitionChanged(probes: current.isDivided ? probesOfNext : nil)
        current = new
        next = nil
        division = nil
        rowsDivided = count
    }
}
