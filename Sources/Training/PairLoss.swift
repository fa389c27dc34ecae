import CVectorKernels

/// The loss of a batch, mean (5 cos(user, movie) - label)², and its gradients.
struct PairLoss {
    /// Labels are 2 stars - 5, so that they lie within what 5 cos can be.
    static func label(halfStars: UInt8) -> Float { Float(halfStars) - 5 }

    /// Writes the gradients of some rows of one side, by what goes into their tanh, and returns the sum of the squared errors
    /// of the pairs that they are in.
    ///
    /// With c = cos(t, o), ∂c/∂t = o / (|t| |o|) - c t / |t|². Both sides compute the errors of their pairs: that is less
    /// than to wait for each other.
    static func backward(
        _ range: Range<Int>, of own: TowerBatch, _ groups: PairGroups, against other: TowerBatch,
        _ others: PairGroups, labels: UnsafePointer<Float>
    ) -> Double {
        let padded = own.padded
        let share = 1 / Float(groups.positions.count)
        var squares = 0.0
        for row in range {
            let vector = own.vectors.row(row)
            let scale = own.scales[row]
            let gradient = own.gradients.row(row)
            gradient.update(repeating: 0, count: padded)
            var along: Float = 0
            for at in groups.starts[row]..<groups.starts[row + 1] {
                let pair = Int(groups.members[Int(at)])
                let opposite = Int(others.positions[pair])
                let scales = scale * other.scales[opposite]
                let cosine = mq_dot16(vector, other.vectors.row(opposite), padded) * scales
                let error = 5 * cosine - labels[pair]
                squares += Double(error * error)
                let slope = 10 * error * share
                mq_axpy(slope * scales, other.vectors.row(opposite), gradient, padded)
                along += slope * cosine
            }
            mq_axpy(-along * scale * scale, vector, gradient, padded)
            for place in 0..<padded { gradient[place] *= 1 - vector[place] * vector[place] }
        }
        return squares
    }
}
