import Testing

@testable import Learning

struct RatingTastesTests {
    private func traits(_ numbers: [UInt8], _ body: (RatingTastes.Traits) -> Void) {
        numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            body(RatingTastes.Traits(base, numbers.count))
        }
    }

    /// By hand, with variances of 1/2: four traits at once share a half each, so their sum varies by 1/2. In noise of 1/2 an
    /// error of 2 moves each by 1/2 · 1/2 · 2 / 1, and takes 1/4 · 1/4 of its variance.
    @Test func aStepByHand() {
        let tastes = RatingTastes(traitsMax: 6, variance: 0.5, scalarCount: 1)
        tastes.begin(0)
        tastes.begin(1)
        traits([0, 1, 3, 5]) { four in
            let before = tastes.sum(1, four)
            #expect(before.mean == 0 && before.variance == 0.5)
            let shrink = 1 / (0.5 + before.variance)
            tastes.step(1, four, gain: 2 * shrink, shrink: shrink)
            #expect((0..<6).map { tastes.taste(1, $0) } == [0.5, 0.5, 0, 0.5, 0, 0.5])
            let after = tastes.sum(1, four)
            #expect(after.mean == 1 && after.variance == 0.5 - 0.0625)
            #expect(tastes.sum(0, four) == (0, 0.5), "another's row")
        }
        traits([2]) { other in #expect(tastes.sum(1, other) == (0, 0.5)) }
        tastes.setScalar(1, 0, 7)
        #expect(tastes.scalar(1, 0) == 7 && tastes.scalar(0, 0) == 0)
        tastes.begin(1)
        #expect(tastes.scalar(1, 0) == 0 && tastes.taste(1, 0) == 0)
    }

    @Test func whoHasNoTraitIsUntouched() {
        let tastes = RatingTastes(traitsMax: 4, variance: 0.5)
        tastes.begin(0)
        let none = [UInt8](repeating: 0, count: 1)
        none.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let traits = RatingTastes.Traits(base, 0)
            #expect(tastes.sum(0, traits) == (0, 0))
            tastes.step(0, traits, gain: 3, shrink: 1)
        }
        #expect((0..<4).allSatisfy { tastes.taste(0, $0) == 0 })
    }

    /// A variance only falls, and stays above 0 however often it is seen, even a trait that comes twice.
    @Test func variancesStayPositive() {
        let tastes = RatingTastes(traitsMax: 3, variance: 0.04)
        tastes.begin(0)
        for numbers in [[0, 1], [2, 2], [0]] as [[UInt8]] {
            traits(numbers) { traits in
                var before = tastes.sum(0, traits).variance
                for round in 0..<20_000 {
                    let shrink = 1 / (0.01 + before)
                    tastes.step(0, traits, gain: (round % 2 == 0 ? 4 : -4) * shrink, shrink: shrink)
                    let after = tastes.sum(0, traits)
                    guard after.mean.isFinite, after.variance > 0, after.variance <= before else {
                        Issue.record("\(numbers): \(before) became \(after) in round \(round)")
                        return
                    }
                    before = after.variance
                }
            }
        }
    }

    @Test func traitsOfUsers() {
        var found = [UInt8](repeating: 0, count: UserTraits.count)
        func traits(gender: UInt8, ageInYears: UInt8?) -> [UInt8] {
            var row = UserRow(id: 1)
            row.gender = gender
            row.age = ageInYears.map { $0 &+ 1 } ?? 0
            let count = UserTraits.list(of: row, into: &found)
            return Array(found[..<count])
        }
        #expect(traits(gender: 0, ageInYears: nil) == [])
        #expect(traits(gender: 1, ageInYears: nil) == [0])
        #expect(traits(gender: 2, ageInYears: 0) == [1, 2])
        #expect(traits(gender: 0, ageInYears: 39) == [5])
        #expect(traits(gender: 0, ageInYears: 40) == [6])
        #expect(traits(gender: 9, ageInYears: 254) == [1, 11])
    }
}
