import Testing

@testable import Learning

/// Each user's newest rated movies.
struct LastItemsTests {
    private func items(_ last: LastItems, of user: UInt32) -> [(movie: UInt32, isLiked: Bool)] {
        last.entries(user).map { ($0 & ~LastItems.likedFlag, $0 & LastItems.likedFlag != 0) }
    }

    @Test func theNewestStayInTheirOrder() {
        let last = LastItems()
        for user in 0..<3 as Range<UInt32> { last.add(user) }
        for movie in 0..<57 as Range<UInt32> {
            last.append(movie, isLiked: movie % 3 == 0, to: 1)
            let expected = Array((0...movie).suffix(LastItems.capacity))
            let found = items(last, of: 1)
            #expect(found.map(\.movie) == expected)
            #expect(found.allSatisfy { $0.isLiked == ($0.movie % 3 == 0) })
        }
        #expect(items(last, of: 0).isEmpty && items(last, of: 2).isEmpty, "the rows beside it are others'")
    }

    @Test func likesAreNamedWithTheirDistance() {
        let last = LastItems()
        last.add(0)
        for (movie, isLiked) in [(7, true), (3, false), (9, true)] as [(UInt32, Bool)] {
            last.append(movie, isLiked: isLiked, to: 0)
        }
        var named: [[Int]] = []
        last.forEachLike(of: 0) { named.append([Int($0), $1]) }
        #expect(named == [[7, 2], [9, 0]])
    }
}
