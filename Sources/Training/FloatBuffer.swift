/// Floats at a fixed place, zeros at first; freed with this object.
final class FloatBuffer: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        self.count = count
        // On a cache line's edge, and never empty, so that BLAS gets a pointer.
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 4, alignment: 64)
        base = bytes.bindMemory(to: Float.self, capacity: max(1, count))
        base.initialize(repeating: 0, count: max(1, count))
    }

    deinit { base.deallocate() }

    /// Adds another's floats; both have as many.
    func add(_ other: FloatBuffer) { for place in 0..<count { base[place] += other.base[place] } }

    func clear() { base.update(repeating: 0, count: count) }

    /// As a row-major matrix.
    func matrix(_ rows: Int, _ columns: Int) -> Matrix {
        precondition(rows * columns <= count)
        return Matrix(base: base, rows: rows, columns: columns, stride: columns)
    }
}
