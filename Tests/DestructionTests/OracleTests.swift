import Testing

/// What judges the suites must see each kind of damage.
struct OracleTests {
    private static let ratings = "ratings"
    private static let user: Int64 = 7

    /// Four ratings, the third of them silent, and a time when the user was forgotten after the second.
    private func recount(isForgotten: Bool = false) -> Recount {
        let values: [(movie: Int64, stars: Double, time: Int64)] = [(1, 4, 10), (2, 3, 20), (2, 3, 20), (3, 5, 30)]
        let opinions = values.enumerated().map { number, value in
            Recount.Opinion(
                place: .init(topic: Self.ratings, partition: 0, offset: Int64(number)), recordTime: 100 + Int64(number),
                movie: value.movie, stars: value.stars, time: value.time, isRemoval: false)
        }
        return Recount(opinions: [Self.user: opinions], forgets: isForgotten ? [Self.user: [102]] : [:])
    }

    private func list(_ sequence: Int64, _ offsets: [Int64], others: Int = 0, movies: [Int64] = [8, 9])
        -> PublishedLists.List
    {
        let ratings = offsets.map { PublishedLists.Cause(topic: Self.ratings, partition: 0, offset: $0) }
        let films = (0..<others).map { PublishedLists.Cause(topic: "movies", partition: 0, offset: Int64($0)) }
        return PublishedLists.List(
            sequence: sequence, partition: 0, offset: 0, epoch: sequence, causes: ratings + films,
            causeCount: offsets.count + others, movies: movies)
    }

    private func problems(
        _ entries: [PublishedLists.Entry], isForgotten: Bool = false, delivery: Delivery = .exactlyOnce
    ) -> [String] {
        ListVerdict(
            recount: recount(isForgotten: isForgotten), lists: PublishedLists(entries: [Self.user: entries]),
            ratingsTopic: Self.ratings, delivery: delivery
        ).problems()
    }

    @Test
    func `Right lists are right, whatever way they are cut`() {
        #expect(problems([.list(list(1, [0])), .list(list(2, [1, 3]))]) == [])
        #expect(problems([.list(list(1, [0, 1, 3], others: 2))]) == [])
        #expect(problems([.list(list(1, [0])), .list(list(2, [], others: 1)), .list(list(3, [1, 3]))]) == [])
        // The second rating was on its way when the user was forgotten.
        #expect(problems([.list(list(1, [0])), .tombstone, .list(list(1, [3]))], isForgotten: true) == [])
    }

    @Test
    func `Each kind of damage is seen`() {
        let first = PublishedLists.Entry.list(list(1, [0]))
        let rest = PublishedLists.Entry.list(list(2, [1, 3]))
        let damaged: [[PublishedLists.Entry]] = [
            [], [first], [rest], [first, rest, rest], [first, first, rest], [rest, first],
            [first, .list(list(3, [1, 3]))], [first, .list(list(2, [3]))], [first, .list(list(2, [1]))],
            [first, .list(list(2, [3, 1]))], [first, .list(list(2, [1, 2, 3]))], [first, .list(list(2, [0, 1, 3]))],
            [first, .list(list(2, [1, 3], movies: [1, 8]))], [first, .tombstone, rest],
            [first, .list(list(2, [1, 3], movies: [8, 8]))],
        ]
        for entries in damaged { #expect(problems(entries) != [], "\(entries)") }
        let forgotten: [[PublishedLists.Entry]] = [
            [first, .list(list(2, [1])), .list(list(3, [3]))], [first, .tombstone, .list(list(2, [3]))],
            [first, .tombstone], [first, .tombstone, .list(list(1, [1, 3]))],
            [first, .tombstone, .tombstone, .list(list(1, [3]))],
        ]
        for entries in forgotten { #expect(problems(entries, isForgotten: true) != [], "\(entries)") }
    }

    @Test
    func `At least once, a later list replaces those of its sequence and after it`() {
        let entries: [PublishedLists.Entry] = [
            .list(list(1, [0])), .list(list(2, [1])), .list(list(3, [3])), .list(list(2, [1, 3])),
        ]
        #expect(problems(entries, delivery: .atLeastOnce) == [])
        #expect(problems(entries) != [])
    }
}
