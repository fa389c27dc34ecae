import Testing

@testable import Learning

/// One entry of the plain twin.
private struct Entry: Equatable {
    var movie: UInt32
    var time: Int64
    var value: UInt8

    var isRemoved: Bool { value & RatedMovies.removedFlag != 0 }
}

struct RatedMoviesTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func behavesLikeAListAUser(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rated = RatedMovies()
        var handles = [RatedHandle](repeating: RatedHandle(), count: 40)
        var twin = [[Entry]](repeating: [], count: 40)
        var held: [(snapshot: RatedMoviesSnapshot, handles: [RatedHandle], expected: [[Entry]])] = []
        for step in 0..<20_000 {
            // Few users have most entries, so that all small classes of blocks are in use.
            let user = min(Int.random(in: 0..<40, using: &random), Int.random(in: 0..<40, using: &random))
            let movie = UInt32.random(in: 0..<600, using: &random)
            let value = UInt8.random(in: 1...10, using: &random) | (random.oneIn(5) ? RatedMovies.removedFlag : 0)
            let known = twin[user].firstIndex { $0.movie == movie }
            #expect(rated.find(movie, handles[user]) == known ?? -1, "seed \(seed), step \(step)")
            if random.oneIn(400) {
                rated.removeAll(&handles[user])
                twin[user] = []
                #expect(handles[user] == RatedHandle())
            } else if let known {
                rated.update(known, timeMilliseconds: Int64(step), value: value, in: &handles[user])
                twin[user][known] = Entry(movie: movie, time: Int64(step), value: value)
            } else {
                let dropped = rated.append(movie, timeMilliseconds: Int64(step), value: value, to: &handles[user])
                #expect(dropped == IdentityMap.none)
                twin[user].append(Entry(movie: movie, time: Int64(step), value: value))
            }
            #expect(handles[user].removedCount == twin[user].count(where: \.isRemoved), "seed \(seed), step \(step)")
            if random.oneIn(500) { held.append((rated.snapshot(), handles, twin)) }
            if held.count > 3 { held.removeFirst() }
            if step % 1000 == 0 {
                expect(rated.entries, handles, twin, "seed \(seed), step \(step)")
                for (snapshot, handles, expected) in held {
                    expect(snapshot.entries, handles, expected, "snapshot, seed \(seed), step \(step)")
                }
            }
        }
        expect(rated.entries, handles, twin, "seed \(seed)")
    }

    @Test func theLimitDropsTheOldestArrival() {
        let rated = RatedMovies()
        var handle = RatedHandle()
        let limit = RatedMovies.entriesMax
        for movie in 0..<limit {
            let value: UInt8 = movie == 1 ? 4 | RatedMovies.removedFlag : 4
            // Times run backwards: it is the arrival that counts.
            #expect(
                rated.append(UInt32(movie), timeMilliseconds: Int64(limit - movie), value: value, to: &handle)
                    == IdentityMap.none)
        }
        #expect(handle.removedCount == 1)
        let bytes = rated.byteCount

        #expect(rated.append(70_000, timeMilliseconds: 1, value: 5, to: &handle) == 0)
        #expect(handle.removedCount == 1)
        #expect(rated.append(70_001, timeMilliseconds: 2, value: 6, to: &handle) == IdentityMap.none, "a removed one")
        #expect(handle.removedCount == 0)
        #expect(rated.append(70_002, timeMilliseconds: 3, value: 7, to: &handle) == 2)
        #expect(handle.count == limit)
        let entries = rated.entries(handle)
        #expect(Array(entries.movieBuffer) == (3..<limit).map(UInt32.init) + [70_000, 70_001, 70_002])
        #expect(entries.times[0] == limit - 3 && entries.times[limit - 4] == 1 && entries.times[limit - 1] == 3)
        #expect(entries.values[0] == 4 && entries.values[limit - 4] == 4 && entries.values[limit - 3] == 5)
        for gone in 0..<3 as Range<UInt32> { #expect(rated.find(gone, handle) == -1) }
        #expect(rated.find(70_002, handle) == limit - 1)
        #expect(rated.byteCount == bytes)
    }

    /// Blocks that a longer list left behind are free memory too.
    @Test func freedBlocksAreZeroedAndUsedAgain() {
        let rated = RatedMovies()
        var handle = RatedHandle()
        for movie in 1...500 as ClosedRange<UInt32> {
            rated.append(movie, timeMilliseconds: 1_000_000_000_000, value: 9, to: &handle)
        }
        rated.removeAll(&handle)
        for pool in rated.snapshot().pools {
            for row in 0..<pool.count {
                let block = UnsafeRawBufferPointer(start: pool.row(row), count: pool.rowBytes)
                #expect(block.allSatisfy { $0 == 0 })
            }
        }
        let bytes = rated.byteCount
        #expect(rated.entries(handle).movieBuffer.isEmpty)
        for movie in 1...500 as ClosedRange<UInt32> {
            rated.append(movie, timeMilliseconds: 1, value: 9, to: &handle)
        }
        #expect(rated.byteCount == bytes)
        #expect(handle.block == 0, "the block that was freed last")
    }

    @Test func endlessChurnTakesNoMoreMemory() {
        var random = SeededRandom(seed: 11)
        let rated = RatedMovies()
        var handles = [RatedHandle](repeating: RatedHandle(), count: 100)
        var bytesAfterWarmUp = 0
        for round in 0..<20_000 {
            let user = Int.random(in: 0..<100, using: &random)
            rated.removeAll(&handles[user])
            let count = [3, 4, 5, 30, 100, 400][user % 6]
            for movie in 0..<UInt32(count) {
                rated.append(movie, timeMilliseconds: Int64(round), value: 8, to: &handles[user])
            }
            if round == 1000 { bytesAfterWarmUp = rated.byteCount }
        }
        #expect(rated.byteCount == bytesAfterWarmUp)
    }

    private func expect(
        _ entries: (RatedHandle) -> RatedEntries, _ handles: [RatedHandle], _ expected: [[Entry]], _ comment: Comment
    ) {
        for (handle, expected) in zip(handles, expected) {
            let entries = entries(handle)
            let found = (0..<entries.count).map {
                Entry(movie: entries.movies[$0], time: entries.times[$0], value: entries.values[$0])
            }
            #expect(found == expected, comment)
        }
    }
}
