import CVectorKernels

/// Rows of floats with an int8 shadow each, dense in slots 0..<count, in chunks that come and go one at a time.
///
/// A row is live at once. Its shadow may lag behind: how far is added to the shadow's error, and only above a limit is the
/// row quantised anew.
struct RowStore: ~Copyable {
    let shape: RowShape
    private(set) var count = 0
    /// All of them full but the last.
    private(set) var chunks: UnsafeMutablePointer<RowChunk>
    private(set) var chunkCount = 0
    private var chunkCapacity = 4
    private let kernels: UnsafePointer<mq_index_kernel_table>
    /// The error up to which a shadow may lag, in units of its scale.
    private let lagMax: Float

    /// - Parameter lag: How many times as large as that of a fresh shadow the error may become, about.
    init(dimension: Int, kernels: UnsafePointer<mq_index_kernel_table>, lag: Float) {
        shape = RowShape(dimension: dimension)
        self.kernels = kernels
        // Rounding to whole numbers errs by 1 / sqrt(12) in each coordinate.
        lagMax = lag * (Float(dimension) / 12).squareRoot()
        chunks = .allocate(capacity: chunkCapacity)
    }

    deinit {
        for chunk in 0..<chunkCount { chunks[chunk].deallocate() }
        chunks.deallocate()
    }

    /// Bytes of all chunks.
    var byteCount: Int { (0..<chunkCount).reduce(0) { $0 + chunks[$1].byteCount(shape) } }

    @inline(__always)
    static func chunk(of slot: Int) -> Int { slot / RowChunk.rowsMax }

    @inline(__always)
    static func row(of slot: Int) -> Int { slot % RowChunk.rowsMax }

    @inline(__always)
    func item(at slot: Int) -> UInt32 { chunks[Self.chunk(of: slot)].items[Self.row(of: slot)] }

    /// The number of rows in a chunk.
    @inline(__always)
    func rowCount(ofChunk chunk: Int) -> Int { min(RowChunk.rowsMax, count - chunk * RowChunk.rowsMax) }

    /// Asks for the memory of the first shadows, which are about to be scanned.
    @inline(__always)
    func prefetch() {
        if count == 0 { return }
        let chunk = chunks.pointee
        let blocks = min(Self.blocksAhead, (count + 15) / 16)
        UnsafeRawPointer(chunk.codes).withMemoryRebound(to: Float.self, capacity: blocks * shape.blockBytes / 4) {
            mq_prefetch($0, blocks * shape.blockBytes / 4)
        }
        UnsafeRawPointer(chunk.bounds).withMemoryRebound(to: Float.self, capacity: blocks * 16) {
            mq_prefetch($0, blocks * 16)
        }
        mq_prefetch(chunk.offsets, blocks * 16)
    }

    /// Blocks that are fetched before a list is scanned: behind them the processor sees where it goes.
    private static let blocksAhead = 4

    /// Overwrites a row; false, and nothing happens, if the vector is not finite.
    @inline(__always)
    func overwrite(slot: Int, id: Int64, vector: UnsafePointer<Float>, offset: Float) -> Bool {
        let chunk = chunks + Self.chunk(of: slot)
        let row = Self.row(of: slot)
        let change = kernels.pointee.overwrite(shape.vector(row, in: chunk.pointee), vector, shape.dimension)
        guard change.is_finite else { return false }
        let old = chunk.pointee.bounds[row]
        let scale = Float(bitPattern: old & 0xffff_0000)
        var error = Float(bitPattern: old << 16)
        if change.distance > 0 {
            error = (error + change.distance).nextUp
            if error <= scale * lagMax {
                chunk.pointee.bounds[row] = old & 0xffff_0000 | Self.roundedUp(error)
            } else {
                error = shadow(chunk, row)
            }
        }
        finish(chunk, row, id: id, offset: offset, norm: change.norm, error: error)
        return true
    }

    /// The offsets of all rows, NaN where the item is not in the set.
    func writeOffsets(of filter: ItemSet, into offsets: inout ScratchBuffer<Float>) {
        let padded = (count + 15) / 16 * 16
        offsets.reserve(padded)
        for slot in 0..<padded {
            let (chunk, row) = (chunks + Self.chunk(of: slot), Self.row(of: slot))
            let isWanted = slot < count && filter.contains(chunk.pointee.items[row])
            offsets.base[slot] = isWanted ? chunk.pointee.offsets[row] : .nan
        }
    }

    /// Adds a row of a finite vector and returns its slot.
    mutating func append(item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) -> Int {
        reserveOne()
        let slot = count
        count += 1
        let chunk = chunks + Self.chunk(of: slot)
        let row = Self.row(of: slot)
        let place = shape.vector(row, in: chunk.pointee)
        place.update(repeating: 0, count: shape.paddedDimension)
        let change = kernels.pointee.overwrite(place, vector, shape.dimension)
        chunk.pointee.items[row] = item
        let error = shadow(chunk, row)
        finish(chunk, row, id: id, offset: offset, norm: change.norm, error: error)
        return slot
    }

    /// Overwrites or adds the rows of a batch, which is valid.
    mutating func write(_ batch: UpsertBatch, map: inout ItemMap) {
        for at in 0..<batch.count {
            if at + Self.rowsAhead < batch.count { prefetch(map[batch.items[at + Self.rowsAhead]]) }
            let (item, vector) = (batch.items[at], batch.vectors + at * shape.dimension)
            let offset = batch.offsets?[at] ?? 0
            let slot = map[item]
            if slot == ItemMap.none {
                map.set(item, UInt32(append(item: item, id: batch.ids[at], vector: vector, offset: offset)))
            } else {
                _ = overwrite(slot: Int(slot), id: batch.ids[at], vector: vector, offset: offset)
            }
        }
    }

    /// How many rows ahead of the one that is written memory is fetched.
    private static let rowsAhead = 3

    @inline(__always)
    private func prefetch(_ slot: UInt32) {
        if slot == ItemMap.none { return }
        let (chunk, row) = (chunks + Self.chunk(of: Int(slot)), Self.row(of: Int(slot)))
        mq_prefetch_row(
            shape.vector(row, in: chunk.pointee), shape.dimension, shape.codes(row, in: chunk.pointee))
    }

    /// Fills the slot with the last row, so that the rows stay dense.
    mutating func removeBySwap(slot: Int) {
        let last = count - 1
        let from = chunks + Self.chunk(of: last)
        if slot != last {
            chunks[Self.chunk(of: slot)].copy(
                Self.row(of: slot), from: from.pointee, Self.row(of: last), shape: shape)
        }
        from.pointee.offsets[Self.row(of: last)] = .nan
        count = last
        shrink()
    }

    mutating func removeAll() {
        for chunk in 0..<chunkCount { chunks[chunk].deallocate() }
        chunkCount = 0
        count = 0
    }

    // MARK: Shadows

    /// Quantises a row; its error.
    @inline(__always)
    private func shadow(_ chunk: UnsafeMutablePointer<RowChunk>, _ row: Int) -> Float {
        let made = kernels.pointee.shadow_row(
            shape.vector(row, in: chunk.pointee), shape.dimension, shape.codes(row, in: chunk.pointee))
        chunk.pointee.bounds[row] = made
        return Float(bitPattern: made << 16)
    }

    @inline(__always)
    private func finish(
        _ chunk: UnsafeMutablePointer<RowChunk>, _ row: Int, id: Int64, offset: Float, norm: Float, error: Float
    ) {
        chunk.pointee.offsets[row] = offset
        chunk.pointee.setID(row, id)
        // A row of infinite error is always scored, whatever its norm.
        if error.isFinite { chunk.pointee.normMax = max(chunk.pointee.normMax, (norm + error).nextUp) }
        chunk.pointee.offsetMax = max(chunk.pointee.offsetMax, abs(offset))
        chunk.pointee.writesSinceTight += 1
        if chunk.pointee.writesSinceTight >= Self.writesUntilTight { tighten(chunk) }
    }

    /// So many writes pay for a pass over a chunk.
    private static let writesUntilTight = Int32(4 * RowChunk.rowsMax)

    /// Largest norm and offset of the rows that are there now.
    @inline(never)
    private func tighten(_ chunk: UnsafeMutablePointer<RowChunk>) {
        var (norm, offset) = (RowChunk.normLeast, Float(0))
        for row in 0..<rowCount(ofChunk: chunk - chunks) {
            let vector = shape.vector(row, in: chunk.pointee)
            let error = Float(bitPattern: chunk.pointee.bounds[row] << 16)
            if error.isFinite {
                norm = max(norm, (mq_norm_bound(mq_dot16(vector, vector, shape.paddedDimension)) + error).nextUp)
            }
            offset = max(offset, abs(chunk.pointee.offsets[row]))
        }
        chunk.pointee.normMax = norm
        chunk.pointee.offsetMax = offset
        chunk.pointee.writesSinceTight = 0
    }

    /// The upper half of the bits of the least number of 8 significant bits that is not below a positive one.
    @inline(__always)
    private static func roundedUp(_ x: Float) -> UInt32 { (x.bitPattern + 0xffff) >> 16 }

    // MARK: Memory

    private mutating func reserveOne() {
        let capacity = chunkCount == 0 ? 0 : (chunkCount - 1) * RowChunk.rowsMax + chunks[chunkCount - 1].capacity
        if count < capacity { return }
        if chunkCount > 0 && chunks[chunkCount - 1].capacity < RowChunk.rowsMax {
            resizeLast(chunks[chunkCount - 1].capacity + RowChunk.rowsPerStep)
            return
        }
        if chunkCount == chunkCapacity { growTable() }
        (chunks + chunkCount).initialize(to: RowChunk(capacity: RowChunk.rowsPerStep, shape: shape))
        chunkCount += 1
    }

    /// Gives memory back once half of the last chunk is spare: rows that go one by one are copied about once. Some spare rows
    /// stay, so that rows that come and go do not allocate.
    private mutating func shrink() {
        let last = chunks[chunkCount - 1]
        let rows = count - (chunkCount - 1) * RowChunk.rowsMax
        if last.capacity - rows < max(2 * RowChunk.rowsPerStep, last.capacity / 2) { return }
        if last.capacity > RowChunk.rowsPerStep {
            resizeLast((max(0, rows) + 2 * RowChunk.rowsPerStep - 1) / RowChunk.rowsPerStep * RowChunk.rowsPerStep)
        } else {
            last.deallocate()
            chunkCount -= 1
        }
    }

    private mutating func resizeLast(_ capacity: Int) {
        let old = chunks[chunkCount - 1]
        let rows = max(0, count - (chunkCount - 1) * RowChunk.rowsMax)
        chunks[chunkCount - 1] = old.resized(capacity: capacity, count: rows, shape: shape)
        old.deallocate()
    }

    private mutating func growTable() {
        let larger = UnsafeMutablePointer<RowChunk>.allocate(capacity: 2 * chunkCapacity)
        larger.moveInitialize(from: chunks, count: chunkCount)
        chunks.deallocate()
        chunks = larger
        chunkCapacity *= 2
    }
}
