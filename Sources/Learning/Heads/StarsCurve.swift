/// From what the factors say to stars: a cubic polynomial, learnt as it goes.
///
/// Stars end at both ends, and users are not as sure of them in the middle; a sum of products knows nothing of that. With x
/// the sum less 3.5, kept within `range`, the stars are c · (1, x, x², x³); c is the least-squares fit to all ratings so far
/// (recursive least squares: a Kalman step an event, Plackett, "Some theorems in least squares", 1950), and begins as the
/// identity.
///
/// Shape: one row of 4 + 4 × 4 doubles: c, then its covariance.
final class StarsCurve {
    static let terms = 4
    static let middle: Float = 3.5
    /// Of x, in stars.
    static let range: ClosedRange<Float> = -3...2
    /// Variances that the coefficients begin with, where that of a rating is 1: as if a hundred ratings had spoken.
    private static let variance = 0.01

    let rows = PagedRows(rowBytes: terms * (1 + terms) * MemoryLayout<Double>.stride)

    init() { removeAll() }

    func removeAll() {
        rows.removeAll()
        _ = rows.append()
        let c = rows.mutableRow(0).assumingMemoryBound(to: Double.self)
        c[0] = Double(Self.middle)
        c[1] = 1
        for term in 0..<Self.terms { c[Self.terms + term * (Self.terms + 1)] = Self.variance }
    }

    @inline(__always)
    private static func powers(of sum: Float) -> SIMD4<Double> {
        let x = Double(min(max(sum - middle, range.lowerBound), range.upperBound))
        return SIMD4(1, x, x * x, x * x * x)
    }

    @inline(__always)
    private static func dot(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> Double {
        let products = a * b
        return (products[0] + products[2]) + (products[1] + products[3])
    }

    @inline(__always)
    private static func four(_ row: UnsafeRawPointer, _ number: Int) -> SIMD4<Double> {
        let four = row.assumingMemoryBound(to: Double.self) + number * terms
        return SIMD4(four[0], four[1], four[2], four[3])
    }

    /// The stars for a sum.
    @inline(__always)
    func stars(_ sum: Float) -> Float { Float(Self.dot(Self.four(rows.row(0), 0), Self.powers(of: sum))) }

    /// Learns the stars that were given.
    @inline(__always)
    func learn(_ sum: Float, stars: Float) {
        let row = rows.mutableRow(0)
        let powers = Self.powers(of: sum)
        var shares = SIMD4<Double>()
        for term in 0..<Self.terms { shares[term] = Self.dot(Self.four(row, 1 + term), powers) }
        let error = Double(stars) - Self.dot(Self.four(row, 0), powers)
        let shrink = 1 / (1 + Self.dot(shares, powers))
        let c = row.assumingMemoryBound(to: Double.self)
        for at in 0..<Self.terms {
            c[at] += shares[at] * (error * shrink)
            for other in 0..<Self.terms {
                c[Self.terms * (1 + at) + other] -= (shares[at] * shares[other]) * shrink
            }
        }
    }

    /// c, lowest power first.
    var coefficients: [Double] {
        let four = Self.four(rows.row(0), 0)
        return (0..<Self.terms).map { four[$0] }
    }

    /// - Throws: `StateImage.Failure` when the row, which has been filled before, can't be such.
    func check() throws {
        let isCurve =
            rows.count == 1
            && (0...Self.terms).allSatisfy { number in
                let four = Self.four(rows.row(0), number)
                let isFinite = (0..<Self.terms).allSatisfy { four[$0].isFinite }
                return isFinite && (number == 0 || four[number - 1] >= 0)
            }
        if !isCurve { throw StateImage.Failure.impossible("the curve of stars") }
    }
}
