import CVectorKernels

/// A title's words: embeddings, a convolution with tanh, and the sum over the positions.
///
/// A position sees `width` words, half of them before it; beyond either end of the title are zeros.
struct FusionTitle: Sendable {
    private let width: Int
    private let embedding: Int
    private let filters: Int
    private let padded: Int
    private let words: [Float]
    /// `[width * embedding, padded filters]`.
    private let weights: FusionRows
    private let bias: [Float]

    init(_ parameters: FusionParameters) {
        let dimensions = parameters.sizes.dimensions
        width = dimensions.convolutionWidth
        embedding = dimensions.embedding
        filters = dimensions.titleFilters
        padded = (dimensions.titleFilters + 15) / 16 * 16
        words = parameters[.wordEmbedding]
        let unpadded = parameters[.titleWeight]
        weights = FusionRows(count: width * embedding, length: padded) { [filters, padded, width, embedding] rows in
            for row in 0..<width * embedding {
                for place in 0..<filters { rows[row * padded + place] = unpadded[row * filters + place] }
            }
        }
        bias = parameters[.titleBias] + [Float](repeating: 0, count: padded - filters)
    }

    /// `titleFilters` floats; zeros for a title without known words.
    func pooled(_ title: [Int]) -> [Float] {
        var sum = [Float](repeating: 0, count: padded)
        for position in title.indices {
            var filtered = bias
            for place in 0..<width {
                let at = position + place - width / 2
                guard title.indices.contains(at) else { continue }
                for coordinate in 0..<embedding {
                    mq_axpy(
                        words[title[at] * embedding + coordinate], weights.row(place * embedding + coordinate),
                        &filtered, padded)
                }
            }
            mq_tanh(&filtered, padded)
            for place in 0..<padded { sum[place] += filtered[place] }
        }
        return Array(sum.prefix(filters))
    }
}
