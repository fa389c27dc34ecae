import Testing

@testable import Learning

/// The ring of recent events, which movies are drawn from.
struct RecentMoviesTests {
    @Test(arguments: [1, 2, 700, RecentMovies.capacity, RecentMovies.capacity + 1, 2 * RecentMovies.capacity + 17])
    func whoGoesBackFindsTheEventsInOrder(_ eventCount: Int) {
        let recent = RecentMovies()
        for event in 0..<eventCount { recent.set(UInt64(event), UInt32(event)) }
        let newest = recent.newest(after: UInt64(eventCount))
        #expect(newest.count == UInt32(min(eventCount, RecentMovies.capacity)))
        let found = (0..<newest.count).map { recent.movie(back: $0, from: newest) }
        #expect(found == (0..<newest.count).map { UInt32(eventCount) - 1 - $0 })
    }

    @Test func beforeTheFirstEventThereIsNowhereToGoBack() {
        #expect(RecentMovies().newest(after: 0).count == 0)
    }
}
