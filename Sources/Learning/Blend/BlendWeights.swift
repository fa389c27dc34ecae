/// How much each expert of the blend counts, by how many ratings the user has; learnt by softmax regression.
///
/// Ascends the log-likelihood that the liked movie is the one chosen, with Adagrad.
public final class BlendWeights {
    /// Users with fewer ratings than 5, 20, 100, and all others.
    public static let bucketCount = 4

    private static let expertCount = BlendExpert.allCases.count

    /// `[bucketCount][expertCount]` weights, then as many sums of squared gradients.
    private let values: UnsafeMutablePointer<Float>
    private static let count = bucketCount * expertCount

    init() {
        values = .allocate(capacity: 2 * Self.count)
        removeAll()
    }

    deinit { values.deallocate() }

    func removeAll() {
        for at in 0..<Self.count { values[at] = BlendExpert.allCases[at % Self.expertCount].initialWeight }
        (values + Self.count).update(repeating: 1, count: Self.count)
    }

    @inline(__always)
    public static func bucket(ratingCount: Int) -> Int {
        ratingCount < 5 ? 0 : ratingCount < 20 ? 1 : ratingCount < 100 ? 2 : 3
    }

    /// A weight an expert.
    @inline(__always)
    public func weights(_ bucket: Int) -> UnsafePointer<Float> {
        UnsafePointer(values + bucket * Self.expertCount)
    }

    @inline(__always)
    public func weight(_ expert: BlendExpert, _ bucket: Int) -> Float { weights(bucket)[expert.rawValue] }

    func ascend(_ bucket: Int, _ expert: BlendExpert, gradient: Float, rate: Float) {
        let at = bucket * Self.expertCount + expert.rawValue
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
            guard values[at].isFinite else { throw StateImage.Failure.impossible("a blend weight \(values[at])") }
        }
    }
}
