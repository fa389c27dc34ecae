/// All learnt numbers of a fusion model, a flat row-major array a tensor.
public struct FusionParameters: Sendable, Equatable {
    public let sizes: FusionSizes
    private var values: [FusionTensor: [Float]]

    /// All zero.
    public init(zeros sizes: FusionSizes) {
        self.sizes = sizes
        values = [:]
        for tensor in FusionTensor.allCases {
            values[tensor] = [Float](repeating: 0, count: sizes.count(of: tensor))
        }
    }

    /// Xavier's uniform weights, ±√(6 / (inputs + outputs)), and zero biases (Glorot and Bengio, "Understanding the
    /// difficulty of training deep feedforward neural networks", 2010). An embedding's inputs are its rows, as
    /// PaddlePaddle has it.
    public init(randomFrom seed: UInt64, sizes: FusionSizes) {
        self.init(zeros: sizes)
        for (number, tensor) in FusionTensor.allCases.enumerated() where !tensor.isBias {
            let shape = sizes.shape(of: tensor)
            let limit = (6 / Float(shape[0] + shape[1])).squareRoot()
            var random = SplitMix64(seed: SplitMix64.mix(seed &+ UInt64(number) &* SplitMix64.increment))
            self[tensor] = (0..<(shape[0] * shape[1])).map { _ in random.nextSymmetric() * limit }
        }
    }

    public subscript(tensor: FusionTensor) -> [Float] {
        get { values[tensor] ?? [] }
        set {
            precondition(newValue.count == sizes.count(of: tensor), "a tensor keeps its shape")
            values[tensor] = newValue
        }
    }

    /// The mean of these rows of an embedding, summed in their order; zeros when there are none.
    public func mean(of tensor: FusionTensor, rows: some Sequence<Int>) -> [Float] {
        let length = sizes.shape(of: tensor)[1]
        let table = self[tensor]
        var sums = [Double](repeating: 0, count: length)
        var count = 0
        for row in rows {
            for place in 0..<length { sums[place] += Double(table[row * length + place]) }
            count += 1
        }
        return sums.map { Float($0 / Double(max(1, count))) }
    }
}
