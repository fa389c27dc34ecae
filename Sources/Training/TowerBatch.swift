import CVectorKernels

/// One tower's vectors of a batch: a row for each distinct user or movie.
final class TowerBatch: @unchecked Sendable {
    let capacity: Int
    /// Length of a vector, rounded up to the kernels' lanes; zeros behind it.
    let padded: Int
    /// What the tower gives, after tanh.
    let vectors: Matrix
    /// One over the length of each vector.
    let scales: UnsafeMutablePointer<Float>
    /// The loss's gradient by what goes into the tanh.
    let gradients: Matrix
    private let buffers: [FloatBuffer]

    init(capacity: Int, padded: Int) {
        self.capacity = capacity
        self.padded = padded
        buffers = [capacity * padded, capacity, capacity * padded].map { FloatBuffer($0) }
        vectors = buffers[0].matrix(capacity, padded)
        scales = buffers[1].base
        gradients = buffers[2].matrix(capacity, padded)
    }

    /// tanh of these rows, and their lengths.
    func finish(_ range: Range<Int>) {
        for row in range {
            let vector = vectors.row(row)
            mq_tanh(vector, padded)
            let square = mq_dot16(vector, vector, padded)
            scales[row] = square > 0 ? 1 / square.squareRoot() : 0
        }
    }
}
