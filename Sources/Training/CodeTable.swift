import CVectorKernels
import Learning

/// A few codes that have an embedding and a layer: gender, age or occupation, as rows that are added before the tanh.
struct CodeTable {
    let embedding: Matrix
    let layer: FoldedLayer
    /// A row a code: `[codes, padded]`.
    let rows: Matrix
    private let rowBuffer: FloatBuffer
    private let products: FloatBuffer
    private let embeddingGradient: FloatBuffer
    private let padded: Int
    private let foldedBuffer: FloatBuffer

    init(embedding: Matrix, weight: Matrix, bias: Matrix, tower: Matrix, padded: Int) {
        self.embedding = embedding
        self.padded = padded
        foldedBuffer = FloatBuffer(embedding.columns * padded)
        layer = FoldedLayer(
            weight: weight, bias: bias, tower: tower, folded: foldedBuffer.matrix(embedding.columns, padded))
        rowBuffer = FloatBuffer(embedding.rows * padded)
        rows = rowBuffer.matrix(embedding.rows, padded)
        products = FloatBuffer(embedding.columns * padded)
        embeddingGradient = FloatBuffer(embedding.rows * embedding.columns)
    }

    func fold(base: Matrix) {
        layer.fold(base: base)
        rows.set(embedding, times: layer.folded)
    }

    /// - Parameters:
    ///   - gradients: D summed by code, `[codes, padded]`.
    ///   - sums: D summed over all, `[1, padded]`.
    func step(_ gradients: Matrix, _ sums: Matrix, rate: Float) {
        let products = self.products.matrix(embedding.columns, padded)
        let own = embeddingGradient.matrix(embedding.rows, embedding.columns)
        products.set(embedding.transposed, times: gradients)
        own.set(gradients, times: layer.folded.transposed)
        layer.step(products, sums, rate: rate)
        embedding.add(own, scale: -rate)
    }
}
