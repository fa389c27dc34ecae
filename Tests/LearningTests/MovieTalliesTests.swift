import Testing

@testable import Learning

/// What was liked soon after a movie.
struct MovieTalliesTests {
    private func tallies(movies: Int) -> MovieTallies {
        let tallies = MovieTallies(growth: 1, slowGrowth: 1)
        for _ in 0..<movies { tallies.add() }
        return tallies
    }

    private func successors(_ tallies: MovieTallies, of movie: UInt32) -> [(movie: UInt32, weight: Float)] {
        guard let next = tallies.successors(movie) else { return [] }
        return (0..<next.count).map { (next.movies[$0], next.weights[$0]) }
    }

    @Test func aNewcomerTakesThePlaceOfTheWeakestAndHalfOfItsWeight() {
        var random = SeededRandom(seed: 3)
        let tallies = tallies(movies: 400)
        var expected: [(movie: UInt32, weight: Float)] = []
        for _ in 0..<20_000 {
            // Some come often; weights are few, so that many are equal.
            let movie = min(UInt32.random(in: 1..<400, using: &random), UInt32.random(in: 1..<400, using: &random))
            let weight = Float(Int.random(in: 1...4, using: &random)) / 4
            tallies.addSuccessor(movie, of: 0, weight: weight)
            if let at = expected.firstIndex(where: { $0.movie == movie }) {
                expected[at].weight += weight
            } else if expected.count < MovieTallies.successorsMax {
                expected.append((movie, weight))
            } else {
                let least = expected.map(\.weight).min()
                let at = expected.firstIndex { $0.weight == least } ?? 0
                expected[at] = (movie, expected[at].weight * 0.5 + weight)
            }
        }
        let found = successors(tallies, of: 0)
        #expect(found.map(\.movie) == expected.map(\.movie))
        #expect(found.map(\.weight) == expected.map(\.weight))
    }

    @Test(arguments: [0, 1, 7, 8, 9, 60, 128]) func thoseWithAPlaceAreFoundAmongAll(count: Int) {
        let tallies = tallies(movies: 200)
        for at in 0..<count { tallies.addSuccessor(UInt32(199 - at), of: 5, weight: Float(at + 1)) }
        for step in [1, 3, 17, 500] {
            var places = [UInt16](repeating: 0, count: 200)
            for movie in stride(from: 0, to: 200, by: step) { places[movie] = UInt16(movie + 1) }
            var found: [[Float]] = []
            tallies.forEachSuccessor(of: 5, in: places) { found.append([Float($0), $1]) }
            let expected = successors(tallies, of: 5).filter { $0.movie % UInt32(step) == 0 }
            #expect(found == expected.map { [Float($0.movie), $0.weight] }, "one in \(step)")
        }
    }
}
