import Learning

/// Lists of users without a row: they are parked by id, and taken over when the user's row comes.
extension PublishedLists {
    /// Parks every list, because the rows are about to be given out anew.
    public func parkAll(users: UserTable, movies: MovieTable) {
        for row in 0..<UInt32(min(rowCount, users.rowCount)) where sequence(row) > 0 && users.isAlive(row) {
            parked[users.pointer(row).pointee.id] = ParkedLists.Entry(
                sequence: sequence(row), lastScore: lastScore(row),
                movieIDs: self.movies(row).map { movies.id($0) })
        }
        removeAllRows()
    }

    /// Parks the lists of those whose rows went because they were silent, and clears the learner's list of them. A list with
    /// a movie that went loses its items but not its number.
    public func parkEvicted(of learner: Learner) {
        for user in learner.swept where sequence(user) > 0 {
            if movies(user).contains(where: { learner.movies.isEvicted($0) }) {
                put(user, UnsafeBufferPointer(start: nil, count: 0), lastScore: 0, sequence: sequence(user))
            }
        }
        if learner.evicted.isEmpty {
            learner.clearEvicted()
            return
        }
        for user in learner.evicted {
            if sequence(user.row) > 0 {
                parked[user.id] = ParkedLists.Entry(
                    sequence: sequence(user.row), lastScore: lastScore(user.row),
                    movieIDs: movies(user.row).map { learner.movies.id($0) })
            }
            remove(user.row)
        }
        learner.clearEvicted()
    }

    /// Takes over what another has parked.
    public func takeParked(from other: PublishedLists) { parked = other.parked }

    /// Takes over the list that waits for a user who has a row now. One with a movie that is not known here loses its
    /// items but not its number: what it can't be compared with counts as changed.
    public func adopt(_ user: UInt32, id: Int64, movies: MovieTable) {
        if parked.isEmpty { return }
        guard let entry = parked[id] else { return }
        parked[id] = nil
        let rows = entry.movieIDs.map { movies.row(of: $0) }
        let isWhole = !rows.contains(IdentityMap.none)
        (isWhole ? rows : []).withUnsafeBufferPointer {
            put(user, $0, lastScore: isWhole ? entry.lastScore : 0, sequence: entry.sequence)
        }
    }

    /// Takes over the lists of all who have a row.
    public func adoptAll(users: UserTable, movies: MovieTable) {
        for id in parked.userIDs {
            let row = users.row(of: id)
            if row != IdentityMap.none { adopt(row, id: id, movies: movies) }
        }
    }

    /// Forgets the list of a user who has no row; says whether there was one.
    @discardableResult
    public func removeParked(userID: Int64) -> Bool {
        guard parked[userID] != nil else { return false }
        parked[userID] = nil
        return true
    }

    /// Puts down the next list of a user who has no row: in an inexact replay the journal names users whose ratings are
    /// gone.
    public func publishParked(userID: Int64, movieIDs: [Int64], lastScore: Float) {
        parked[userID] = ParkedLists.Entry(
            sequence: (parked[userID]?.sequence ?? 0) + 1, lastScore: lastScore, movieIDs: movieIDs)
    }
}
