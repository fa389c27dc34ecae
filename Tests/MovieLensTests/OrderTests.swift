import Testing

@testable import MovieLens

@Suite struct OrderTests {
    private struct Row: Equatable {
        var timestamp: Int64
        var user: Int32
        var movie: Int32
        var halfStars: UInt8
    }

    private func rows(_ table: RatingTable) -> [Row] {
        (0..<table.count).map { row in
            Row(
                timestamp: table.timestampsSeconds[row], user: table.userIDs[row], movie: table.movieIDs[row],
                halfStars: table.halfStars[row])
        }
    }

    /// The oracle is the library's sort with the line number as the last key.
    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func isTheLexicographicOrderAndStable(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = RatingTable()
        // Small ranges make ties, wide ones need several passes.
        let timeSpan = seed.isMultiple(of: 2) ? 5 : 3_000_000_000
        let idSpan = seed.isMultiple(of: 3) ? 2_000_000_000 : 4
        for _ in 0..<3000 {
            table.append(
                userID: Int32(1 + random.below(idSpan)), movieID: Int32(1 + random.below(idSpan)),
                halfStars: UInt8(1 + random.below(10)), timestampSeconds: Int64(random.below(timeSpan)))
        }
        let expected = rows(table).enumerated().sorted {
            ($0.element.timestamp, $0.element.user, $0.element.movie, $0.offset)
                < ($1.element.timestamp, $1.element.user, $1.element.movie, $1.offset)
        }.map(\.element)
        #expect(rows(table.sortedByTime()) == expected, "seed \(seed)")
    }

    /// Rows that come by user and movie take a shortcut.
    @Test func takesRowsSortedByUser() {
        var table = RatingTable()
        for user in Int32(1)...50 {
            for movie in Int32(1)...20 {
                table.append(
                    userID: user, movieID: movie, halfStars: 2, timestampSeconds: Int64((user * 7 + movie * 3) % 11))
            }
        }
        let expected = rows(table).sorted { ($0.timestamp, $0.user, $0.movie) < ($1.timestamp, $1.user, $1.movie) }
        #expect(rows(table.sortedByTime()) == expected)
    }
}
