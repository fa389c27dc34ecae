import Testing

@testable import Learning

struct PopularityScaleTests {
    @Test func logarithmsAreExactAtPowersOfTwoAndLinearBetween() {
        for power in 0..<24 {
            let ratings = Float(1 << power)
            #expect(PopularityScale.logarithm(ratings: ratings - 1) == Float(power))
            #expect(PopularityScale.logarithm(ratings: ratings * 1.5 - 1) == Float(power) + 0.5)
        }
    }

    /// Two of a hundred and two events, by hand.
    @Test func meansRun() {
        let scale = PopularityScale()
        #expect(scale.value(ratings: 7) == 0, "the mean begins with 3")
        #expect(abs(scale.value(ratings: 15) - 1 / Float(2).squareRoot()) < 1e-6)
        scale.learn(ratings: 63)
        let (mean, variance) = (3 + 3 / 101.0, 2 + (9 - 2) / 101.0)
        scale.learn(ratings: 0)
        let after = (mean - mean / 102, variance + (mean * mean - variance) / 102)
        let expected = (Float(4) - Float(after.0)) / Float(after.1).squareRoot()
        #expect(abs(scale.value(ratings: 15) - expected) < 1e-6)
    }

    /// Whatever the stream's size, what is rated most often is about a unit from what is rated on average.
    @Test(arguments: [10, 1000, 100_000] as [Float]) func itFollowsTheStream(middle: Float) {
        let scale = PopularityScale()
        for event in 0..<200_000 { scale.learn(ratings: event % 2 == 0 ? middle / 4 : middle * 4) }
        #expect(abs(scale.value(ratings: middle)) < 0.2)
        #expect(abs(scale.value(ratings: middle * 4) - 1) < 0.2)
    }

    @Test func extremesStayFinite() {
        let scale = PopularityScale()
        // Only movies that are new: no spread at all.
        for _ in 0..<2_000_000 { scale.learn(ratings: 0) }
        #expect(abs(scale.value(ratings: 0)) < 1e-6)
        #expect(scale.value(ratings: 0x1p24) == 4)
        for _ in 0..<2_000_000 { scale.learn(ratings: 0x1p24) }
        #expect(abs(scale.value(ratings: 0x1p24)) < 1e-3 && scale.value(ratings: 0) == -4)
        scale.removeAll()
        #expect(scale.value(ratings: 7) == 0)
    }
}
