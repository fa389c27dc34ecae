import Testing

@testable import Learning

struct StarsCurveTests {
    @Test func itBeginsAsTheIdentityWithinItsRange() {
        let curve = StarsCurve()
        for sum in [0.5, 1, 3.25, 3.5, 5, 5.5] as [Float] { #expect(curve.stars(sum) == sum) }
        #expect(curve.stars(-100) == 0.5 && curve.stars(.infinity) == 5.5)
    }

    /// One step by hand, at the middle: only the constant is seen, its variance is 1/100, so it goes 1/101 of the error.
    @Test func aStepByHand() {
        let curve = StarsCurve()
        curve.learn(3.5, stars: 5)
        #expect(abs(curve.coefficients[0] - (3.5 + 1.5 / 101)) < 1e-12)
        #expect(Array(curve.coefficients[1...]) == [1, 0, 0])
    }

    /// It is the solution of the normal equations with the prior: their residual is nothing.
    @Test func itIsTheLeastSquaresFit() {
        let curve = StarsCurve()
        var random = SeededRandom(seed: 5)
        var gram = [[Double]](repeating: [Double](repeating: 0, count: 4), count: 4)
        var moments = [350.0, 100, 0, 0]
        for term in 0..<4 { gram[term][term] = 100 }
        for _ in 0..<20_000 {
            let sum = Float.random(in: 1...5.2, using: &random)
            let stars = Float(Int.random(in: 2...10, using: &random)) / 2
            curve.learn(sum, stars: stars)
            let x = Double(sum - 3.5)
            let powers = [1, x, x * x, x * x * x]
            for a in 0..<4 {
                moments[a] += powers[a] * Double(stars)
                for b in 0..<4 { gram[a][b] += powers[a] * powers[b] }
            }
        }
        for a in 0..<4 {
            let residual = (0..<4).reduce(moments[a]) { $0 - gram[a][$1] * curve.coefficients[$1] }
            #expect(abs(residual) < 1e-6 * gram[a][a])
        }
    }

    @Test func extremesStayFinite() {
        let curve = StarsCurve()
        for round in 0..<1_000_000 {
            curve.learn(round % 3 == 0 ? -50 : 80, stars: round % 2 == 0 ? 0.5 : 5)
        }
        #expect(abs(curve.stars(80) - 2.75) < 0.01 && abs(curve.stars(-50) - 2.75) < 0.01)
        #expect(curve.coefficients.allSatisfy { $0.isFinite })
        for round in 0..<1000 { curve.learn(3.5 + Float(round % 3 - 1), stars: 3) }
        #expect(abs(curve.stars(3.5) - 3) < 0.2)
    }
}
