import COpenBLAS

/// A row-major matrix in somebody else's memory, perhaps to be read transposed.
struct Matrix {
    var base: UnsafeMutablePointer<Float>
    var rows: Int
    var columns: Int
    /// Floats from one row to the next.
    var stride: Int
    private var isTransposed = false

    init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    var transposed: Matrix {
        var other = self
        other.isTransposed.toggle()
        (other.rows, other.columns) = (columns, rows)
        return other
    }

    /// Some of the rows, of a matrix that is not transposed.
    func rows(_ range: Range<Int>) -> Matrix {
        precondition(!isTransposed && range.upperBound <= rows)
        return Matrix(base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }

    /// The first columns, of a matrix that is not transposed.
    func columns(_ count: Int) -> Matrix {
        precondition(!isTransposed && count <= columns)
        return Matrix(base: base, rows: rows, columns: count, stride: stride)
    }

    @inline(__always)
    func row(_ row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }

    /// self = left · right, or += with `adding`.
    func set(_ left: Matrix, times right: Matrix, adding: Bool = false) {
        precondition(left.columns == right.rows && left.rows == rows && right.columns == columns && !isTransposed)
        guard rows > 0, columns > 0 else { return }
        guard left.columns > 0 else {
            // A sum of nothing, which BLAS need not be asked for.
            if !adding { for row in 0..<rows { self.row(row).update(repeating: 0, count: columns) } }
            return
        }
        cblas_sgemm(
            CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
            right.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(rows), blasint(columns), blasint(left.columns), 1, left.base, blasint(left.stride), right.base,
            blasint(right.stride), adding ? 1 : 0, base, blasint(stride))
    }

    /// self += other · scale, of equal shapes.
    func add(_ other: Matrix, scale: Float) {
        precondition(rows == other.rows && columns == other.columns)
        for row in 0..<rows {
            let (to, from) = (self.row(row), other.row(row))
            for column in 0..<columns { to[column] += scale * from[column] }
        }
    }

    /// sum += each row.
    func sumRows(into sum: UnsafeMutablePointer<Float>) {
        for row in 0..<rows {
            let from = self.row(row)
            for column in 0..<columns { sum[column] += from[column] }
        }
    }
}
