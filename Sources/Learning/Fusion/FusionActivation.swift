import CVectorKernels

/// One tower's values for the event in hand, and the way back to the id's embedding.
final class FusionActivation {
    private let length: Int
    private let embeddingLength: Int
    /// What goes in before, of length 1 after `finish`.
    let vector: UnsafeMutablePointer<Float>
    /// After tanh, before it is brought to length 1.
    private let activations: UnsafeMutablePointer<Float>
    private var scale: Float = 0
    private let slopes: UnsafeMutablePointer<Float>
    /// By the embedding, padded with zeros.
    let gradient: UnsafeMutablePointer<Float>

    /// - Parameters:
    ///   - length: Of the tower, a multiple of 16.
    ///   - embedding: Of the id's row, a multiple of 16.
    init(length: Int, embedding: Int) {
        self.length = length
        embeddingLength = embedding
        vector = .allocate(capacity: length)
        activations = .allocate(capacity: length)
        slopes = .allocate(capacity: length)
        gradient = .allocate(capacity: embedding)
        for buffer in [vector, activations, slopes] { buffer.initialize(repeating: 0, count: length) }
        gradient.initialize(repeating: 0, count: embedding)
    }

    deinit { for buffer in [vector, activations, slopes, gradient] { buffer.deallocate() } }

    /// Adds the embedding to what stands in `vector`, and takes it through tanh to length 1.
    func finish(_ towers: FusionTowers, _ embedding: UnsafePointer<Float>, _ matrix: FusionRows) {
        towers.add(embedding, times: matrix, to: vector)
        mq_tanh(vector, length)
        activations.update(from: vector, count: length)
        scale = towers.normalize(vector)
    }

    /// The gradient of a loss whose slope by the cosine with `other` is given; cut to a length, and zero where it is no
    /// number.
    ///
    /// With t the activations and c the cosine, ∂c/∂t = (other - c t/|t|) / |t|, and tanh' = 1 - t².
    func backward(
        _ slope: Float, toward other: FusionActivation, cosine: Float, _ matrix: FusionRows, clippedTo longest: Float
    ) {
        for place in 0..<length {
            let tangent = (other.vector[place] - cosine * vector[place]) * scale
            slopes[place] = slope * tangent * (1 - activations[place] * activations[place])
        }
        for row in 0..<matrix.count { gradient[row] = mq_dot16(matrix.row(row), slopes, length) }
        let square = mq_dot16(gradient, gradient, embeddingLength)
        guard square.isFinite else {
            gradient.update(repeating: 0, count: embeddingLength)
            return
        }
        guard square > longest * longest else { return }
        let cut = longest / square.squareRoot()
        for place in 0..<embeddingLength { gradient[place] *= cut }
    }
}
