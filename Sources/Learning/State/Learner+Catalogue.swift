import Events

/// What became of an event of the `movies` topic.
public enum MovieOutcome: Sendable, Equatable {
    /// The movie can be recommended now and could not before.
    case added(UInt32)
    /// Only its description changed.
    case described(UInt32)
    /// It could be recommended and can't any more.
    case withdrawn(UInt32)
    /// Withdrawn before, or never known.
    case unchanged
}

/// What became of an event of the `users` topic.
public enum UserOutcome: Sendable, Equatable {
    /// A user seen for the first time, or a profile with other values.
    case changed(UInt32)
    case unchanged(UInt32)
    /// His row, ratings and vectors are gone; the row number is free.
    case forgotten(UInt32)
    /// A null for somebody who is not known; ratings produced before it will be dropped all the same.
    case forgottenUnknown
}

extension Learner {
    public func announce(_ movie: Movie) -> MovieOutcome {
        counters.moviesAnnounced += 1
        let description = MovieDescription(title: movie.title, year: movie.year, genres: movie.genres)
        var row = movies.row(of: movie.movieID)
        var outcome = MovieOutcome.unchanged
        if row == IdentityMap.none {
            row = movies.add(movie.movieID)
            silentMovies?.add(row, event: counters.ratingEvents)
            movies.describe(row, description)
            model.addMovie(row, id: movie.movieID, description: description)
            outcome = .added(row)
        } else {
            if movies.pointer(row).pointee.isWithdrawn != 0 { outcome = .added(row) }
            if movies.descriptions[Int(row)] != description {
                movies.describe(row, description)
                model.describeMovie(row, description: description)
                if outcome == .unchanged { outcome = .described(row) }
            }
        }
        let pointer = movies.mutablePointer(row)
        pointer.pointee.isAnnounced = 1
        pointer.pointee.isWithdrawn = 0
        return outcome
    }

    public func withdraw(movieID: Int64) -> MovieOutcome {
        counters.moviesWithdrawn += 1
        var row = movies.row(of: movieID)
        if row == IdentityMap.none {
            // Kept, so that ratings of it that still arrive do not bring it into the lists.
            row = movies.add(movieID)
            silentMovies?.add(row, event: counters.ratingEvents)
            model.addMovie(row, id: movieID, description: MovieDescription())
            movies.mutablePointer(row).pointee.isWithdrawn = 1
            return .unchanged
        }
        if movies.pointer(row).pointee.isWithdrawn != 0 { return .unchanged }
        let pointer = movies.mutablePointer(row)
        pointer.pointee.isAnnounced = 0
        pointer.pointee.isWithdrawn = 1
        return .withdrawn(row)
    }

    public func describe(_ profile: UserProfile) -> UserOutcome {
        counters.profiles += 1
        var row = users.row(of: profile.userID)
        let isNew = row == IdentityMap.none
        if isNew {
            row = users.add(profile.userID)
            model.addUser(row, id: profile.userID)
        }
        users.mutablePointer(row).pointee.lastEvent = Eviction.unit(of: counters.ratingEvents)
        let new = UserRow(profile)
        let known = users.pointer(row).pointee
        let isSame =
            known.gender == new.gender && known.age == new.age && known.occupation == new.occupation
        if !isNew && known.hasProfile != 0 && isSame { return .unchanged(row) }
        let pointer = users.mutablePointer(row)
        pointer.pointee.gender = new.gender
        pointer.pointee.age = new.age
        pointer.pointee.occupation = new.occupation
        pointer.pointee.hasProfile = 1
        model.describeUser(row, profile: pointer.pointee)
        return .changed(row)
    }

    /// Whether a null of this time for a user says more than is known: one that is read again says nothing new.
    public func isNews(forgetting userID: Int64, recordTimestampMilliseconds time: Int64) -> Bool {
        forgotten[userID].map { $0 < time } ?? true
    }

    /// Erases a user: his row, ratings and vectors. Ratings whose record timestamp is not later than
    /// `recordTimestampMilliseconds` are dropped from now on.
    public func forget(userID: Int64, recordTimestampMilliseconds: Int64) -> UserOutcome {
        counters.usersForgotten += 1
        forgotten[userID] = max(recordTimestampMilliseconds, forgotten[userID] ?? .min)
        let row = users.row(of: userID)
        if row == IdentityMap.none { return .forgottenUnknown }
        erase(row)
        return .forgotten(row)
    }
}
