/// How much each expert of the blend counts, by the user's stage; learnt by softmax regression.
///
/// Ascends the log-likelihood that the liked movie is the one chosen, with Adagrad.
public final class BlendWeights {
    private static let expertCount = BlendExpert.allCases.count

    /// `[UserStage.count][expertCount]` weights, then as many sums of squared gradients.
    private let values: UnsafeMutablePointer<Float>
    private static let count = UserStage.count * expertCount

    init() {
        values = .allocate(capacity: 2 * Self.count)
        removeAll()
    }

    deinit { values.deallocate() }

    func removeAll() {
        for at in 0..<Self.count { values[at] = BlendExpert.allCases[at % Self.expertCount].initialWeight }
        (values + Self.count).update(repeating: 1, count: Self.count)
    }

    /// A weight an expert.
    @inline(__always)
    public func weights(_ stage: Int) -> UnsafePointer<Float> {
        UnsafePointer(values + stage * Self.expertCount)
    }

    @inline(__always)
    public func weight(_ expert: BlendExpert, _ stage: Int) -> Float { weights(stage)[expert.rawValue] }

    func ascend(_ stage: Int, _ expert: BlendExpert, gradient: Float, rate: Float) {
        let at = stage * Self.expertCount + expert.rawValue
        values[Self.count + at] = values[Self.count + at].addingProduct(gradient, gradient)
        values[at] = values[at].addingProduct(rate, gradient / values[Self.count + at].squareRoot())
    }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let all = Array(UnsafeBufferPointer(start: values, count: 2 * Self.count))
        return { writer in for value in all { try writer.write(value) } }
    }

    func restore(scalars reader: inout StateReader) throws {
        for at in 0..<(2 * Self.count) {
            values[at] = try reader.readFloat()
            // Sums of squares begin with 1.
            guard values[at].isFinite, at < Self.count || values[at] >= 1 else {
                throw StateImage.Failure.impossible("a blend weight \(values[at])")
            }
        }
    }
}
