import Foundation
import Learning

/// Draws from a seed, for workloads of an index.
struct NormalDraws {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// In [0, 1).
    mutating func unit() -> Double { Double(generator.next() >> 11) * 0x1p-53 }

    mutating func below(_ count: Int) -> Int { Int(unit() * Double(count)) }

    /// Of mean 0 and variance 1 (Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958).
    mutating func normal() -> Float {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return Float(radius * cos(2 * .pi * unit()))
    }

    /// Distinct numbers, in random order.
    mutating func distinct(_ count: Int, below limit: Int) -> [Int] {
        var numbers = Array(0..<limit)
        for place in 0..<count { numbers.swapAt(place, place + below(limit - place)) }
        return Array(numbers[..<count])
    }

    /// A vector of the same length in a direction that has this cosine to it.
    mutating func drifted(_ vector: [Float], cosine: Double) -> [Float] {
        let x = vector.map { Double($0) }
        let square = x.reduce(0) { $0 + $1 * $1 }
        var u = x.map { _ in Double(normal()) }
        // A vector of zeros has no direction, and one of a single number no other.
        guard square > 0, x.count > 1 else { return vector }
        let along = zip(u, x).reduce(0) { $0 + $1.0 * $1.1 } / square
        for at in x.indices { u[at] -= along * x[at] }
        let scale = (square / u.reduce(0) { $0 + $1 * $1 }).squareRoot() * (1 - cosine * cosine).squareRoot()
        return x.indices.map { Float(cosine * x[$0] + scale * u[$0]) }
    }
}
