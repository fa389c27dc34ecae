import CVectorKernels

/// Rows in blocks of 16, coordinate-major inside a block as the kernels want them, in chunks of 512 rows.
///
/// Rows are dense: slots 0..<count. Chunks come and go one at a time, so that memory follows the rows without a copy.
struct BlockStore: ~Copyable {
    static let lanes = MQ_LANES
    static let rowsPerChunk = 512
    static let blocksPerChunk = rowsPerChunk / lanes

    struct Chunk {
        /// `[blocksPerChunk][dimension + 1][16]`; the offsets are the last row of each block, NaN where no row is.
        var blocks: UnsafeMutablePointer<Float>
        var ids: UnsafeMutablePointer<Int64>
        var items: UnsafeMutablePointer<UInt32>
    }

    let dimension: Int
    private(set) var count = 0
    private(set) var chunks: [Chunk] = []

    init(dimension: Int) { self.dimension = dimension }

    deinit { for chunk in chunks { Self.free(chunk) } }

    private var floatsPerBlock: Int { (dimension + 1) * Self.lanes }

    /// Bytes of all chunks.
    var byteCount: Int {
        chunks.count * (Self.blocksPerChunk * floatsPerBlock * MemoryLayout<Float>.stride + Self.rowsPerChunk * 12)
    }

    @inline(__always)
    func item(at slot: Int) -> UInt32 {
        chunks[slot / Self.rowsPerChunk].items[slot % Self.rowsPerChunk]
    }

    /// Overwrites a row.
    @inline(__always)
    func write(slot: Int, item: UInt32, id: Int64, vector: UnsafePointer<Float>, offset: Float) {
        let chunk = chunks[slot / Self.rowsPerChunk]
        let row = slot % Self.rowsPerChunk
        chunk.ids[row] = id
        chunk.items[row] = item
        var lane = lane(of: row, in: chunk)
        for coordinate in 0..<dimension {
            lane.pointee = vector[coordinate]
            lane += Self.lanes
        }
        lane.pointee = offset
    }

    /// Adds a row whose content is to be written, and returns its slot.
    mutating func append() -> Int {
        if count == chunks.count * Self.rowsPerChunk { chunks.append(allocateChunk()) }
        count += 1
        return count - 1
    }

    /// Fills the slot with the last row, so that the rows stay dense.
    mutating func removeBySwap(slot: Int) {
        let last = count - 1
        let from = chunks[last / Self.rowsPerChunk]
        let fromRow = last % Self.rowsPerChunk
        var source = lane(of: fromRow, in: from)
        if slot != last {
            let to = chunks[slot / Self.rowsPerChunk]
            let toRow = slot % Self.rowsPerChunk
            to.ids[toRow] = from.ids[fromRow]
            to.items[toRow] = from.items[fromRow]
            var target = lane(of: toRow, in: to)
            for _ in 0...dimension {
                target.pointee = source.pointee
                target += Self.lanes
                source += Self.lanes
            }
        }
        lane(of: fromRow, in: from)[dimension * Self.lanes] = .nan
        count = last
        // One spare chunk stays, so that rows that come and go at a chunk's edge do not allocate.
        while (chunks.count - 2) * Self.rowsPerChunk >= count, let spare = chunks.popLast() { Self.free(spare) }
    }

    mutating func removeAll() {
        for chunk in chunks { Self.free(chunk) }
        chunks = []
        count = 0
    }

    /// The first coordinate of a row; the next is 16 floats further.
    @inline(__always)
    private func lane(of row: Int, in chunk: Chunk) -> UnsafeMutablePointer<Float> {
        chunk.blocks + (row / Self.lanes * floatsPerBlock + row % Self.lanes)
    }

    private func allocateChunk() -> Chunk {
        let floats = Self.blocksPerChunk * floatsPerBlock
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: floats * MemoryLayout<Float>.stride, alignment: 64)
        let blocks = raw.bindMemory(to: Float.self, capacity: floats)
        blocks.initialize(repeating: 0, count: floats)
        for block in 0..<Self.blocksPerChunk {
            let offsets = blocks + (block * floatsPerBlock + dimension * Self.lanes)
            offsets.update(repeating: .nan, count: Self.lanes)
        }
        return Chunk(
            blocks: blocks, ids: .allocate(capacity: Self.rowsPerChunk), items: .allocate(capacity: Self.rowsPerChunk))
    }

    private static func free(_ chunk: Chunk) {
        chunk.blocks.deallocate()
        chunk.ids.deallocate()
        chunk.items.deallocate()
    }
}
