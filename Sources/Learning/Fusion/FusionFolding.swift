import CVectorKernels

/// Multiplies a tower's last layer into the linear layers before it.
struct FusionFolding {
    private let parameters: FusionParameters
    private let tower: Int
    /// The tower's length, rounded up to whole groups of 16.
    let padded: Int

    init(_ parameters: FusionParameters) {
        self.parameters = parameters
        tower = parameters.sizes.dimensions.tower
        padded = (tower + 15) / 16 * 16
    }

    /// These rows of a layer's weights: `[rows, padded]`.
    func slice(_ layer: FusionTensor, rows: Range<Int>) -> FusionRows {
        let weights = parameters[layer]
        return FusionRows(count: rows.count, length: padded) { slice in
            for (at, row) in rows.enumerated() {
                for place in 0..<tower { slice[at * padded + place] = weights[row * tower + place] }
            }
        }
    }

    /// A tensor of some rows, times the rows of a layer from `first` on: `[rows, padded]`.
    func rows(_ tensor: FusionTensor, _ layer: FusionTensor, from first: Int) -> FusionRows {
        let shape = parameters.sizes.shape(of: tensor)
        return product(parameters[tensor], rows: shape[0], slice(layer, rows: first..<first + shape[1]))
    }

    /// A layer's weights times those of the tower: `[embedding, padded]`.
    func matrix(_ weight: FusionTensor, _ layer: FusionTensor, from first: Int) -> FusionRows {
        rows(weight, layer, from: first)
    }

    /// Embeddings of codes through both layers: `[codes, padded]`.
    func table(_ embedding: FusionTensor, _ weight: FusionTensor, _ layer: FusionTensor, from first: Int) -> FusionRows
    {
        let count = parameters.sizes.shape(of: embedding)[0]
        return product(parameters[embedding], rows: count, matrix(weight, layer, from: first))
    }

    /// All biases, through the tower's layer where they stand before it: `[1, padded]`.
    func base(_ own: FusionTensor, _ layer: FusionTensor, _ biases: [(bias: FusionTensor, first: Int)]) -> FusionRows {
        FusionRows(count: 1, length: padded) { sum in
            for (place, value) in parameters[own].enumerated() { sum[place] = value }
            for (tensor, first) in biases {
                let bias = parameters[tensor]
                let weights = slice(layer, rows: first..<first + bias.count)
                for (at, value) in bias.enumerated() { mq_axpy(value, weights.row(at), sum, padded) }
            }
        }
    }

    private func product(_ left: [Float], rows: Int, _ right: FusionRows) -> FusionRows {
        FusionRows(count: rows, length: padded) { product in
            for row in 0..<rows {
                for inner in 0..<right.count {
                    mq_axpy(left[row * right.count + inner], right.row(inner), product + row * padded, padded)
                }
            }
        }
    }
}
