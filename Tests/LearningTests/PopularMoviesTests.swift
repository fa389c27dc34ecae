import Testing

@testable import Learning

/// The list that is kept while likes come in is the one that sorting gives.
struct PopularMoviesTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func theListIsThatOfASort(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // A half-life of twenty events, so that likes are brought down again and again.
        let tallies = MovieTallies(growth: 1.035, slowGrowth: 1.001)
        let (kept, sorted) = (PopularMovies(tallies), PopularMovies(tallies))
        for _ in 0..<1500 {
            tallies.add()
            kept.add()
        }
        for event in 0..<20_000 {
            let movie = UInt32(
                Int.random(in: 0..<1500, using: &random) * Int.random(in: 0..<1500, using: &random) / 1500)
            if tallies.tick() { kept.broughtDown() }
            let isLiked = !random.oneIn(3)
            tallies.count(movie, isLiked: isLiked)
            if isLiked { kept.rose(movie) }
            if event % 500 == 0 {
                sorted.rebuild()
                #expect(kept.movies == sorted.movies, "seed \(seed), event \(event)")
            }
        }
        #expect(!kept.movies.isEmpty && kept.movies.count <= PopularMovies.countMax)
    }
}
