/// One vector of floats a row, padded with zeros to a multiple of 16 (the kernels' lanes), and a few scalars behind
/// it.
///
/// Shape: `count` × (`dimension` padded + `scalarCount`) floats, row-major, in copy-on-write pages.
public final class EmbeddingTable {
    public let dimension: Int
    /// `dimension` rounded up to a multiple of 16: the length that kernels work on.
    public let paddedDimension: Int
    public let scalarCount: Int
    public let rows: PagedRows

    public init(dimension: Int, scalarCount: Int) {
        precondition(dimension > 0 && scalarCount >= 0)
        self.dimension = dimension
        self.scalarCount = scalarCount
        paddedDimension = (dimension + 15) / 16 * 16
        // Whole groups of 16 floats keep every row on a cache line's edge.
        let floats = (paddedDimension + scalarCount + 15) / 16 * 16
        rows = PagedRows(rowBytes: floats * MemoryLayout<Float>.stride)
    }

    public var count: Int { rows.count }

    /// The vector of a row, `paddedDimension` floats.
    @inlinable @inline(__always)
    public func vector(_ row: UInt32) -> UnsafePointer<Float> {
        rows.row(row).assumingMemoryBound(to: Float.self)
    }

    @inlinable @inline(__always)
    public func mutableVector(_ row: UInt32) -> UnsafeMutablePointer<Float> {
        rows.mutableRow(row).assumingMemoryBound(to: Float.self)
    }

    /// Scalar number `scalar` of a row.
    @inlinable @inline(__always)
    public func scalar(_ row: UInt32, _ scalar: Int) -> Float {
        assert(scalar < scalarCount)
        return vector(row)[paddedDimension + scalar]
    }

    /// Fills the row's vector with draws from (seed, id) in ±`scale` and sets its scalars to zero.
    ///
    /// Drawn from the id, not the row number, so that a row that is used again starts like a new one.
    public func initialize(_ row: UInt32, id: Int64, seed: UInt64, scale: Float) {
        let vector = mutableVector(row)
        var generator = SplitMix64(seed: seed ^ (UInt64(bitPattern: id) &* 0xD1B5_4A32_D192_ED03))
        for index in 0..<dimension { vector[index] = generator.nextSymmetric() * scale }
        for index in dimension..<(paddedDimension + scalarCount) { vector[index] = 0 }
    }
}
