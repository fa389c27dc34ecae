import Testing

@testable import Learning

/// Against which movies the ranking head learns a choice.
struct RankingHeadTests {
    private static let movies: UInt32 = 2000

    /// The movies that a step moved, the chosen one aside, of a user who has rated `rated`; the last events were of the
    /// movies below `recent`.
    private func moved(isLiked: Bool, recent: UInt32, rated: [UInt32], settings: RankingHead.Settings) -> [UInt32] {
        let head = RankingHead.untrained(movieCount: Self.movies, settings)
        let ring = RecentMovies()
        let eventCount: UInt64 = recent == 0 ? 0 : 500
        for event in 0..<eventCount { ring.set(event, UInt32(event) % max(1, recent)) }
        let dirty = DirtyRows()
        var seen = [UInt8](repeating: 0, count: Int(Self.movies))
        let chosen = Self.movies - 1
        for movie in rated + [chosen] { seen[Int(movie)] = 1 }
        var draws = RandomDraws(state: 7)
        let before = (0..<Self.movies).map { head.row($0)[0] }
        head.learn(
            user: 0, movie: chosen, isLiked: isLiked, seen: seen, movieCount: Self.movies, recent: ring,
            eventCount: eventCount, draws: &draws, dirty: dirty)
        #expect((0..<Self.movies).filter { head.row($0)[0] != before[Int($0)] }.allSatisfy(dirty.rows.contains))
        return dirty.rows.filter { $0 != chosen }
    }

    @Test func mostAreDrawnFromRecentEventsAndSomeUniformly() {
        var settings = RankingHead.Settings()
        // So many that nearly all of ten movies are among them.
        settings.negatives = 48
        for (isLiked, wanted) in [(true, settings.negatives), (false, settings.dislikedNegatives)] {
            // Of ten movies that are rated of late most are drawn, some more than once; the others come from anywhere.
            let moved = moved(isLiked: isLiked, recent: 10, rated: [], settings: settings)
            let uniform = moved.count { $0 >= 10 }
            #expect(uniform <= wanted / settings.uniformOneIn && uniform >= wanted / settings.uniformOneIn - 1)
            #expect(moved.count - uniform > (isLiked ? 8 : 3))
        }
    }

    @Test func beforeTheFirstEventAllAreDrawnUniformly() {
        let settings = RankingHead.Settings()
        let moved = moved(isLiked: true, recent: 0, rated: [], settings: settings)
        // Of 2000, one or two may come twice.
        #expect(moved.count >= settings.negatives - 3 && moved.count <= settings.negatives)
        #expect(moved.contains { $0 > Self.movies / 2 } && moved.contains { $0 < Self.movies / 2 })
    }

    @Test func whatTheUserHasRatedIsNotHeldAgainstHim() {
        let rated = Array(UInt32(0)..<9)
        let moved = moved(isLiked: true, recent: 10, rated: rated, settings: RankingHead.Settings())
        #expect(moved.contains(9) && !moved.contains { rated.contains($0) })
    }
}
