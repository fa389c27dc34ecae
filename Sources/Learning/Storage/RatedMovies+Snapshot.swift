extension RatedMovies {
    func snapshot() -> RatedMoviesSnapshot {
        RatedMoviesSnapshot(pools: pools.map { $0.snapshot() }, freeBlocks: freeBlocks)
    }

    /// Takes the blocks that a checkpoint filled in, and checks that every one of them belongs to one user or is free,
    /// and that what the users' handles and entries say can be followed.
    ///
    /// - Returns: by movie row, how many ratings of it stand.
    func restore(free lists: [[UInt32]], users: UserTable, movieCount: Int) throws -> [UInt32] {
        var isTaken = pools.map { [Bool](repeating: false, count: $0.count) }
        var takenCounts = [Int](repeating: 0, count: Self.classCount)
        func take(_ block: UInt32, _ sizeClass: Int) throws {
            guard Int(block) < pools[sizeClass].count, !isTaken[sizeClass][Int(block)] else {
                throw StateImage.Failure.impossible("block \(block) of class \(sizeClass)")
            }
            isTaken[sizeClass][Int(block)] = true
            takenCounts[sizeClass] += 1
        }
        guard lists.count == Self.classCount else {
            throw StateImage.Failure.impossible("\(lists.count) classes of blocks")
        }
        for (sizeClass, list) in lists.enumerated() {
            for block in list { try take(block, sizeClass) }
        }
        var standing = [UInt32](repeating: 0, count: movieCount)
        for row in 0..<UInt32(users.rowCount) {
            let handle = users.pointer(row).pointee.rated
            if handle == RatedHandle() { continue }
            let sizeClass = Int(handle.sizeClass) - 1
            guard (0..<Self.classCount).contains(sizeClass), handle.count <= UInt32(Self.capacity(sizeClass)) else {
                throw StateImage.Failure.impossible("\(handle.count) ratings in a block of class \(sizeClass)")
            }
            try take(handle.block, sizeClass)
            let entries = self.entries(handle)
            var removedCount: UInt32 = 0
            for at in 0..<entries.count {
                let movie = Int(entries.movies[at])
                guard movie < movieCount else { throw StateImage.Failure.impossible("movie row \(movie)") }
                if entries.values[at] & Self.removedFlag != 0 { removedCount += 1 } else { standing[movie] += 1 }
            }
            guard removedCount == handle.removedCount else {
                throw StateImage.Failure.impossible("\(handle.removedCount) removed ratings for \(removedCount)")
            }
        }
        for (sizeClass, count) in takenCounts.enumerated() where count != pools[sizeClass].count {
            throw StateImage.Failure.impossible("\(count) blocks of class \(sizeClass) for \(pools[sizeClass].count)")
        }
        freeBlocks = lists
        return standing
    }
}

struct RatedMoviesSnapshot: Sendable {
    let pools: [PagedRowsSnapshot]
    let freeBlocks: [[UInt32]]

    func entries(_ handle: RatedHandle) -> RatedEntries {
        if handle.sizeClass == 0 { return RatedEntries(count: 0, base: nil, capacity: 0) }
        let sizeClass = Int(handle.sizeClass) - 1
        return RatedEntries(
            count: Int(handle.count), base: pools[sizeClass].row(Int(handle.block)),
            capacity: RatedMovies.capacity(sizeClass))
    }
}
