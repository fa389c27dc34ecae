import CVectorKernels

/// Inverted lists of the exact index's rows and shadows: a search looks into the lists whose centres promise most.
///
/// For large catalogues where a part of the exact answers, the target, is enough. Below `rowsMin` rows there is one list,
/// and answers are exact. From there on rows are divided among about 1.6 sqrt(n) lists by k-means (Lloyd, 1982) over vectors
/// with their offset. An upsert stays in its list while that list's centre is nearer than the second nearest was when the
/// row was last placed; else it moves. Centres follow their rows: every so many writes one list is centred anew and some of
/// its rows are placed again, so neither reads nor writes wait for it. How many lists a search looks into follows from the
/// target, tried on recent queries and corrected by exact answers to one query in a thousand.
///
/// With n rows of dimension d: `upsert` O(d), or O(d sqrt n) where the row moves; `remove` O(d); `search`
/// O(d (sqrt n + probed rows)) a query; memory as of the exact index and 8 bytes an item more.
///
/// One search at a time: it keeps account of its own recall, and its centres have one scratch. Dividing the rows, once
/// there are `rowsMin` and again when there are four times as many, happens inside a write: some seconds for a million rows.
///
/// Not where answers must be exact or below some ten thousand rows: `ExactIndex` is faster there.
public final class PartitionedIndex: VectorIndex {
    public let dimension: Int
    public private(set) var count = 0

    /// Rows from which on they are divided.
    public static let rowsMin = 20_000

    let shape: RowShape
    let kernels: UnsafePointer<mq_index_kernel_table>
    private(set) var lists: UnsafeMutablePointer<RowStore>
    private(set) var listCount = 1
    var centroids: CentroidTable?
    /// The list of each item, and the slot in it.
    var homes = ItemMap()
    var slots = ItemMap()
    /// For each item the bits of how near the second nearest centre was.
    private var margins = ItemMap()
    private var batchCheck = BatchCheck()
    private var padded = ScratchBuffer<Float>()
    private var means = ScratchBuffer<Float>()
    private let rowsMin: Int
    /// Rows when they were divided last.
    private var rowsDivided = 0
    private var writesUntilCentring = PartitionedIndex.writesPerCentring
    private var nextCentred = 0
    var recall: RecallControl
    /// The newest queries, on which the number of lists to look into is tried.
    var recentQueries: [Float] = []
    var recentCount = 0

    /// After so many writes one list is centred anew.
    private static let writesPerCentring = 128

    /// - Parameters:
    ///   - dimension: Length of every vector, 1...`IndexLimits.dimensionMax`.
    ///   - targetRecall: The part of the exact answers that is wanted, above 0 and below 1.
    public convenience init(dimension: Int, targetRecall: Double) {
        self.init(dimension: dimension, targetRecall: targetRecall, rowsMin: Self.rowsMin, kernels: mq_index_kernels())
    }

    init(dimension: Int, targetRecall: Double, rowsMin: Int, kernels: UnsafePointer<mq_index_kernel_table>) {
        precondition(dimension >= 1 && dimension <= IndexLimits.dimensionMax, "dimension out of range")
        precondition(targetRecall > 0 && targetRecall < 1, "target out of range")
        self.dimension = dimension
        self.kernels = kernels
        self.rowsMin = rowsMin
        shape = RowShape(dimension: dimension)
        recall = RecallControl(target: targetRecall)
        lists = .allocate(capacity: 1)
        lists.initialize(to: RowStore(dimension: dimension, kernels: kernels, lag: ExactIndex.lag))
        padded.reserve(shape.paddedDimension)
        padded.base.update(repeating: 0, count: shape.paddedDimension)
    }

    deinit {
        lists.deinitialize(count: listCount)
        lists.deallocate()
    }

    public var byteCount: Int {
        let maps = homes.capacity + slots.capacity + margins.capacity
        return (0..<listCount).reduce(4 * maps + (centroids?.byteCount ?? 0)) { $0 + lists[$1].byteCount }
    }

    /// The part of exact answers that samples of late found; nil before there were enough.
    public var liveRecall: Double? { listCount == 1 ? 1 : recall.liveRecall }
    /// Lists that a search looks into.
    public var probes: Int { min(listCount, recall.probes ?? listCount) }

    public var design: IndexDesign { listCount == 1 ? .exact : .partitioned }

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
        let (old, oldCount) = takeLists(replacing: 1)
        old.deinitialize(count: oldCount)
        old.deallocate()
        centroids = nil
        recall.probes = nil
        homes.removeAll()
        slots.removeAll()
        margins.removeAll()
        count = 0
        rowsDivided = 0
    }

    /// Writes a row that is finite.
    private func write(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) {
        let home = homes[item]
        if home != ItemMap.none && stays(item, Int(home), vector, offset) {
            _ = lists[Int(home)].overwrite(slot: Int(slots[item]), id: id, vector: vector, offset: offset)
            return
        }
        let list = place(item, vector, offset)
        if list == Int(home) {
            _ = lists[list].overwrite(slot: Int(slots[item]), id: id, vector: vector, offset: offset)
            return
        }
        if home == ItemMap.none { count += 1 } else { take(item) }
        let slot = lists[list].append(item: item, id: id, vector: vector, offset: offset)
        homes.set(item, UInt32(list))
        slots.set(item, UInt32(slot))
    }

    /// Whether a row's own centre is nearer than the second nearest was.
    @inline(__always)
    private func stays(_ item: UInt32, _ home: Int, _ vector: UnsafePointer<Float>, _ offset: Float) -> Bool {
        guard listCount > 1 else { return true }
        padded.base.update(from: vector, count: dimension)
        return nearness(home, offset) >= Float(bitPattern: margins[item])
    }

    @inline(__always)
    private func nearness(_ list: Int, _ offset: Float) -> Float {
        centroids?.nearness(list, padded: padded.base, offset: offset) ?? .infinity
    }

    /// The list where a row belongs; notes its margin.
    private func place(_ item: UInt32, _ vector: UnsafePointer<Float>, _ offset: Float) -> Int {
        guard listCount > 1 else { return 0 }
        var made = CentroidTable.Assignment(list: 0, secondNearness: 0)
        var offset = offset
        assign(vector, stride: dimension, offsets: &offset, count: 1, into: &made)
        margins.set(item, made.secondNearness.bitPattern)
        return made.list
    }

    func assign(
        _ vectors: UnsafePointer<Float>, stride: Int, offsets: UnsafePointer<Float>, count: Int,
        into assignments: UnsafeMutablePointer<CentroidTable.Assignment>
    ) {
        centroids?.assign(vectors, stride: stride, offsets: offsets, count: count, into: assignments)
    }

    /// Takes an item's row out of its list; its home still names it.
    private func take(_ item: UInt32) {
        let (list, slot) = (Int(homes[item]), Int(slots[item]))
        lists[list].removeBySwap(slot: slot)
        if slot < lists[list].count { slots.set(lists[list].item(at: slot), UInt32(slot)) }
    }

    // MARK: Maintenance

    private func maintain(writes: Int) {
        if count >= rowsMin && (listCount == 1 || count > 4 * rowsDivided) {
            divide()
            rowsDivided = count
            return
        }
        guard listCount > 1 else { return }
        writesUntilCentring -= writes
        while writesUntilCentring <= 0 {
            writesUntilCentring += Self.writesPerCentring
            nextCentred = (nextCentred + 1) % listCount
            centre(nextCentred)
        }
    }

    /// Moves a centre to the mean of its rows, and places those anew that may be nearer to another.
    private func centre(_ list: Int) {
        let rows = lists[list].count
        if rows == 0 { return }
        let offset = writeMean(of: list)
        setCentroid(list, means.base, offset)
        // Backwards: a row that leaves is replaced by the last one.
        var slot = rows - 1
        while slot >= 0 {
            if slot % Self.rowsPerPlacing == nextCentred % Self.rowsPerPlacing { placeAgain(list, slot) }
            slot -= 1
        }
    }

    /// Of a list that is centred, one row in so many is placed again.
    private static let rowsPerPlacing = 8

    private func placeAgain(_ list: Int, _ slot: Int) {
        let chunk = lists[list].chunks[RowStore.chunk(of: slot)]
        let row = RowStore.row(of: slot)
        let vector = shape.vector(row, in: chunk)
        let (item, id, offset) = (chunk.items[row], chunk.id(row), chunk.offsets[row])
        let better = place(item, vector, offset)
        if better == list { return }
        let target = lists[better].append(item: item, id: id, vector: vector, offset: offset)
        take(item)
        homes.set(item, UInt32(better))
        slots.set(item, UInt32(target))
    }

    func setCentroid(_ list: Int, _ vector: UnsafePointer<Float>, _ offset: Float) {
        centroids?.set(list, vector: vector, offset: offset)
    }

    /// Writes the mean of a list's rows down; that of their offsets.
    private func writeMean(of list: Int) -> Float {
        let rows = lists[list].count
        means.reserve(shape.paddedDimension)
        means.base.update(repeating: 0, count: shape.paddedDimension)
        var offset: Float = 0
        for slot in 0..<rows {
            let chunk = lists[list].chunks + RowStore.chunk(of: slot)
            let row = RowStore.row(of: slot)
            mq_axpy(1 / Float(rows), shape.vector(row, in: chunk.pointee), means.base, shape.paddedDimension)
            offset += chunk.pointee.offsets[row] / Float(rows)
        }
        return offset
    }

    /// The lists, given away, and how many; empty ones are in their place.
    func takeLists(replacing newCount: Int) -> (lists: UnsafeMutablePointer<RowStore>, count: Int) {
        let old = (lists, listCount)
        listCount = newCount
        lists = .allocate(capacity: newCount)
        for list in 0..<newCount {
            (lists + list).initialize(to: RowStore(dimension: dimension, kernels: kernels, lag: ExactIndex.lag))
        }
        return old
    }

    /// Puts a row into a list and notes where it is.
    func put(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float, _ made: CentroidTable.Assignment) {
        let slot = lists[made.list].append(item: item, id: id, vector: vector, offset: offset)
        homes.set(item, UInt32(made.list))
        slots.set(item, UInt32(slot))
        margins.set(item, made.secondNearness.bitPattern)
    }
}
