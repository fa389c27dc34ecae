import Learning

/// The parameters while they are trained: each tensor at a fixed place.
final class ParameterStore: @unchecked Sendable {
    let sizes: FusionSizes
    private let buffers: [FloatBuffer]
    private static let numbers = Dictionary(
        uniqueKeysWithValues: zip(FusionTensor.allCases, FusionTensor.allCases.indices))

    init(_ parameters: FusionParameters) {
        sizes = parameters.sizes
        buffers = FusionTensor.allCases.map { tensor in
            let values = parameters[tensor]
            let buffer = FloatBuffer(values.count)
            buffer.base.update(from: values, count: values.count)
            return buffer
        }
    }

    /// A tensor as a matrix; one with a single axis is one row.
    func matrix(_ tensor: FusionTensor) -> Matrix {
        let shape = sizes.shape(of: tensor)
        let buffer = buffers[Self.numbers[tensor] ?? 0]
        return shape.count == 1 ? buffer.matrix(1, shape[0]) : buffer.matrix(shape[0], shape[1])
    }

    /// Moves all of them a part of the way toward others.
    func approach(_ other: ParameterStore, share: Float) {
        for (own, target) in zip(buffers, other.buffers) {
            let (values, targets) = (own.base, target.base)
            for place in 0..<own.count { values[place] += share * (targets[place] - values[place]) }
        }
    }

    /// Changes places with others.
    func exchange(with other: ParameterStore) {
        for (own, theirs) in zip(buffers, other.buffers) {
            for place in 0..<own.count { swap(&own.base[place], &theirs.base[place]) }
        }
    }

    /// A copy of all of them.
    func parameters() -> FusionParameters {
        var copy = FusionParameters(zeros: sizes)
        for (tensor, buffer) in zip(FusionTensor.allCases, buffers) {
            copy[tensor] = Array(UnsafeBufferPointer(start: buffer.base, count: sizes.count(of: tensor)))
        }
        return copy
    }
}
