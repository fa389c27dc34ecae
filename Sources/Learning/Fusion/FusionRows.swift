/// Rows of floats that never change, one behind the other: a matrix, a table of codes, or a single row.
final class FusionRows: @unchecked Sendable {
    let count: Int
    let length: Int
    private let values: UnsafeMutablePointer<Float>

    /// Zeros, which `fill` may change before anybody else sees them.
    init(count: Int, length: Int, fill: (UnsafeMutablePointer<Float>) -> Void) {
        self.count = count
        self.length = length
        values = .allocate(capacity: max(1, count * length))
        values.initialize(repeating: 0, count: count * length)
        fill(values)
    }

    deinit { values.deallocate() }

    @inline(__always)
    func row(_ row: Int) -> UnsafePointer<Float> {
        precondition(row >= 0 && row < count)
        return UnsafePointer(values + row * length)
    }
}
