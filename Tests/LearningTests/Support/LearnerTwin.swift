import Events

@testable import Learning

/// The books of the learner once more, in plain dictionaries and straight from the contract's words: of several
/// ratings of one (user, movie) the newest event time wins, of equal ones the one processed later; a removal keeps
/// its time; what was produced no later than its user was forgotten is dropped.
struct LearnerTwin {
    struct Known: Equatable {
        var halfStars: UInt8
        var time: Int64
        var isRemoved: Bool
    }

    struct User {
        var row: UInt32
        var arrivals: [Int64] = []
        var known: [Int64: Known] = [:]
        var profile: [Int?]?
    }

    var users: [Int64: User] = [:]
    var forgotten: [Int64: Int64] = [:]
    var counts: [RatingOutcome: Int64] = [:]
    /// Movies that may be recommended: true, and those that are withdrawn: false.
    var movies: [Int64: Bool] = [:]
    var descriptions: [Int64: MovieDescription] = [:]
    private var movieRows: [Int64: UInt32] = [:]
    private var freeRows: [UInt32] = []
    private var rowCount: UInt32 = 0

    mutating func apply(_ event: RatingEvent) -> RatingOutcome {
        let outcome = settle(event)
        counts[outcome, default: 0] += 1
        return outcome
    }

    private mutating func settle(_ event: RatingEvent) -> RatingOutcome {
        if let since = forgotten[event.user], event.recordTimestamp <= since { return .forgotten }
        var user = users[event.user] ?? newUser()
        defer { users[event.user] = user }
        _ = row(ofMovie: event.movie)
        if movies[event.movie] == nil { movies[event.movie] = true }

        let before = user.known[event.movie]
        if let before, event.time < before.time { return .late }
        if before == nil { user.arrivals.append(event.movie) }
        user.known[event.movie] = Known(halfStars: event.halfStars, time: event.time, isRemoved: event.isRemoval)
        switch (before, event.isRemoval) {
        case (nil, true): return .removedUnknown
        case (nil, false): return .applied
        case (let before?, true): return before.isRemoved ? .repeated : .removed
        case (let before?, false):
            if before.isRemoved { return .applied }
            if before.halfStars != event.halfStars { return .changed }
            return before.time == event.time ? .repeated : .confirmed
        }
    }

    mutating func forget(_ id: Int64, recordTimestamp: Int64) -> UserOutcome {
        forgotten[id] = max(recordTimestamp, forgotten[id] ?? recordTimestamp)
        guard let user = users.removeValue(forKey: id) else { return .forgottenUnknown }
        freeRows.append(user.row)
        return .forgotten(user.row)
    }

    mutating func describe(_ profile: UserProfile) -> UserOutcome {
        var user = users[profile.userID] ?? newUser()
        let values = [profile.gender.map { Int($0.rawValue) }, profile.age, profile.occupation]
        let isSame = user.profile == values
        user.profile = values
        users[profile.userID] = user
        return isSame ? .unchanged(user.row) : .changed(user.row)
    }

    mutating func announce(_ movie: Movie) -> MovieOutcome {
        let row = row(ofMovie: movie.movieID)
        let description = MovieDescription(title: movie.title, year: movie.year, genres: movie.genres)
        let isNew = movies.updateValue(true, forKey: movie.movieID) != true
        let isDescribed = descriptions.updateValue(description, forKey: movie.movieID) != description
        return isNew ? .added(row) : isDescribed ? .described(row) : .unchanged
    }

    mutating func withdraw(_ id: Int64) -> MovieOutcome {
        let row = row(ofMovie: id)
        return movies.updateValue(false, forKey: id) == true ? .withdrawn(row) : .unchanged
    }

    func standing(_ id: Int64) -> [StandingRating] {
        guard let user = users[id] else { return [] }
        return user.arrivals.compactMap { movie in
            guard let known = user.known[movie], !known.isRemoved else { return nil }
            return StandingRating(movieID: movie, halfStars: known.halfStars, eventTimeMilliseconds: known.time)
        }
    }

    func ratingCount(_ movie: Int64) -> Int {
        users.values.count { $0.known[movie].map { !$0.isRemoved } ?? false }
    }

    private mutating func newUser() -> User {
        if let row = freeRows.popLast() { return User(row: row) }
        rowCount += 1
        return User(row: rowCount - 1)
    }

    private mutating func row(ofMovie id: Int64) -> UInt32 {
        if let row = movieRows[id] { return row }
        movieRows[id] = UInt32(movieRows.count)
        return UInt32(movieRows.count - 1)
    }
}
