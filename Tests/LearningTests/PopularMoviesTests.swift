import Testing

@testable import Learning

/// The list that is kept while likes come in is the one that sorting gives.
struct PopularMoviesTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func theListIsThatOfASort(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // A half-life of twenty events, so that likes are brought down again and again.
        let tallies = MovieTallies(growth: 1.035, slowGrowth: 1.001)
        let (kept, sorted) = (PopularMovies(tallies), PopularMovies(tallies))
        for _ in 0..<1500 { tallies.add() }
        for event in 0..<20_000 {
            let movie = UInt32(
                Int.random(in: 0..<1500, using: &random) * Int.random(in: 0..<1500, using: &random) / 1500)
            if tallies.tick() { kept.broughtDown() }
            let isLiked = !random.oneIn(3)
            let before = tallies.tally(movie).pointee.popularity
            tallies.count(movie, isLiked: isLiked, stage: 0)
            if isLiked { kept.rose(movie, from: before) }
            if event % 500 == 0 {
                sorted.rebuild()
                #expect(Array(kept.movies) == Array(sorted.movies), "seed \(seed), event \(event)")
            }
        }
        #expect(!kept.movies.isEmpty && kept.movies.count <= PopularMovies.countMax)
    }
}
