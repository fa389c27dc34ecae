import CVectorKernels

/// Up to 1,024 rows and their shadows, in one piece of memory.
struct RowChunk {
    static let rowsMax = 1024
    /// Rows by which a chunk that is not full grows.
    static let rowsPerStep = 64

    /// `[capacity][padded dimension]`, zero behind the dimension.
    let vectors: UnsafeMutablePointer<Float>
    /// `[capacity / 16][groups][16][4]`.
    let codes: UnsafeMutablePointer<UInt8>
    /// Scale and error of each shadow.
    let bounds: UnsafeMutablePointer<UInt32>
    /// NaN where no row is.
    let offsets: UnsafeMutablePointer<Float>
    let items: UnsafeMutablePointer<UInt32>
    private let ids: UnsafeMutablePointer<UInt32>
    /// In place of `ids` once one does not fit 32 bits.
    private var wideIDs: UnsafeMutablePointer<Int64>?
    let capacity: Int

    /// At least ‖x‖ + error of every row that is quantised.
    var normMax: Float = Self.normLeast
    /// At least the size of every offset.
    var offsetMax: Float = 0
    /// Writes since the two were computed from all rows.
    var writesSinceTight: Int32 = 0

    static let normLeast: Float = 0x1p-60

    /// - Parameter capacity: A multiple of 64.
    init(capacity: Int, shape: RowShape) {
        let base = UnsafeMutableRawPointer.allocate(byteCount: shape.bytes(rows: capacity), alignment: 64)
        self.capacity = capacity
        vectors = base.bindMemory(to: Float.self, capacity: capacity * shape.paddedDimension)
        var next = base + capacity * shape.paddedDimension * 4
        codes = next.bindMemory(to: UInt8.self, capacity: capacity * shape.groups * 4)
        next += capacity * shape.groups * 4
        bounds = next.bindMemory(to: UInt32.self, capacity: capacity)
        next += capacity * 4
        offsets = next.bindMemory(to: Float.self, capacity: capacity)
        next += capacity * 4
        items = next.bindMemory(to: UInt32.self, capacity: capacity)
        next += capacity * 4
        ids = next.bindMemory(to: UInt32.self, capacity: capacity)
        codes.initialize(repeating: 128, count: capacity * shape.groups * 4)
        bounds.initialize(repeating: 0, count: capacity)
        offsets.initialize(repeating: .nan, count: capacity)
    }

    func deallocate() {
        wideIDs?.deallocate()
        vectors.deallocate()
    }

    func byteCount(_ shape: RowShape) -> Int {
        shape.bytes(rows: capacity) + (wideIDs == nil ? 0 : capacity * MemoryLayout<Int64>.stride)
    }

    @inline(__always)
    func id(_ row: Int) -> Int64 {
        if let wideIDs { return wideIDs[row] }
        return Int64(ids[row])
    }

    @inline(__always)
    mutating func setID(_ row: Int, _ id: Int64) {
        if let wideIDs {
            wideIDs[row] = id
        } else if let narrow = UInt32(exactly: id) {
            ids[row] = narrow
        } else {
            widen()
            wideIDs?[row] = id
        }
    }

    @inline(never)
    private mutating func widen() {
        let wide = UnsafeMutablePointer<Int64>.allocate(capacity: capacity)
        for row in 0..<capacity { wide[row] = Int64(ids[row]) }
        wideIDs = wide
    }

    /// Copies a row with all that belongs to it.
    mutating func copy(_ row: Int, from other: RowChunk, _ otherRow: Int, shape: RowShape) {
        (vectors + row * shape.paddedDimension).update(
            from: other.vectors + otherRow * shape.paddedDimension, count: shape.paddedDimension)
        let target = shape.codes(row, in: self)
        let source = shape.codes(otherRow, in: other)
        for group in 0..<shape.groups {
            for code in 0..<4 { target[group * 64 + code] = source[group * 64 + code] }
        }
        bounds[row] = other.bounds[otherRow]
        offsets[row] = other.offsets[otherRow]
        items[row] = other.items[otherRow]
        setID(row, other.id(otherRow))
        normMax = max(normMax, other.normMax)
        offsetMax = max(offsetMax, other.offsetMax)
    }

    /// The first `count` rows in memory for more or fewer.
    func resized(capacity: Int, count: Int, shape: RowShape) -> RowChunk {
        var other = RowChunk(capacity: capacity, shape: shape)
        other.vectors.update(from: vectors, count: count * shape.paddedDimension)
        // Whole blocks; what is behind the last row has no offset.
        let blocks = (count + Int(MQ_LANES) - 1) / Int(MQ_LANES)
        other.codes.update(from: codes, count: blocks * shape.blockBytes)
        other.bounds.update(from: bounds, count: count)
        other.offsets.update(from: offsets, count: count)
        other.items.update(from: items, count: count)
        for row in 0..<count { other.setID(row, id(row)) }
        other.normMax = normMax
        other.offsetMax = offsetMax
        other.writesSinceTight = writesSinceTight
        return other
    }
}

/// How long rows are.
struct RowShape {
    let dimension: Int
    let paddedDimension: Int
    /// Four codes each.
    let groups: Int

    init(dimension: Int) {
        self.dimension = dimension
        paddedDimension = (dimension + 15) / 16 * 16
        groups = (dimension + 3) / 4
    }

    /// Of 16 rows' codes.
    var blockBytes: Int { groups * 4 * Int(MQ_LANES) }

    func bytes(rows: Int) -> Int { rows * (4 * paddedDimension + 4 * groups + 16) }

    /// The first of a row's codes; the next four are always 64 bytes further.
    @inline(__always)
    func codes(_ row: Int, in chunk: RowChunk) -> UnsafeMutablePointer<UInt8> {
        chunk.codes + (row / Int(MQ_LANES) * blockBytes + row % Int(MQ_LANES) * 4)
    }

    @inline(__always)
    func vector(_ row: Int, in chunk: RowChunk) -> UnsafeMutablePointer<Float> {
        chunk.vectors + row * paddedDimension
    }
}
