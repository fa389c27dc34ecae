/// How popular a movie is, on a scale whose zero and unit are those of the movies that are rated of late: so it says the same
/// in a short stream and in a long one.
///
/// A movie's popularity is the logarithm to base 2 of its ratings + 1; the zero is the mean of it over rating events, the unit
/// its standard deviation. Both are running means of the last `memory` events or so.
///
/// Shape: one row of three doubles: mean, variance, and the number of events, which stops at `memory`.
final class PopularityScale {
    private static let memory = 100_000.0
    /// What the means begin with.
    private static let (meanPrior, variancePrior, countPrior) = (3.0, 2.0, 100.0)
    /// The least unit, and the farthest from zero in units.
    private static let unitMin: Float = 0.5
    private static let farthest: Float = 4

    let rows = PagedRows(rowBytes: 3 * MemoryLayout<Double>.stride)

    init() { removeAll() }

    func removeAll() {
        rows.removeAll()
        _ = rows.append()
        set(mean: Self.meanPrior, variance: Self.variancePrior, count: Self.countPrior)
    }

    private func set(mean: Double, variance: Double, count: Double) {
        let row = rows.mutableRow(0).assumingMemoryBound(to: Double.self)
        row[0] = mean
        row[1] = variance
        row[2] = min(count, Self.memory)
    }

    /// log₂ of ratings + 1, linear between powers of two, from the float's bits.
    @inline(__always)
    static func logarithm(ratings: Float) -> Float {
        Float(Int32(bitPattern: (ratings + 1).bitPattern) &- 0x3f80_0000) * 0x1p-23
    }

    @inline(__always)
    func value(ratings: Float) -> Float {
        let row = rows.row(0).assumingMemoryBound(to: Double.self)
        let units =
            (Self.logarithm(ratings: ratings) - Float(row[0])) / max(Self.unitMin, Float(row[1]).squareRoot())
        return min(max(units, -Self.farthest), Self.farthest)
    }

    /// A movie was rated that had so many ratings.
    @inline(__always)
    func learn(ratings: Float) {
        let row = rows.mutableRow(0).assumingMemoryBound(to: Double.self)
        let difference = Double(Self.logarithm(ratings: ratings)) - row[0]
        row[2] = min(row[2] + 1, Self.memory)
        row[0] += difference / row[2]
        row[1] += (difference * difference - row[1]) / row[2]
    }

    /// - Throws: `StateImage.Failure` when the row, which has been filled before, can't be such.
    func check() throws {
        let isScale =
            rows.count == 1
            && {
                let row = rows.row(0).assumingMemoryBound(to: Double.self)
                return row[0].isFinite && row[1] >= 0 && row[1].isFinite && (1...Self.memory).contains(row[2])
            }()
        if !isScale { throw StateImage.Failure.impossible("the scale of popularity") }
    }
}
