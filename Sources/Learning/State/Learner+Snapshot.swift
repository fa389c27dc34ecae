import Events

/// The whole learnt state at one moment: taken on the learner thread in O(pages), read on any.
public struct LearnerSnapshot: Sendable {
    let users: UserTableSnapshot
    let movies: MovieTableSnapshot
    let rated: RatedMoviesSnapshot
    let model: ModelSnapshot
    let forgotten: [Int64: Int64]
    let evictionCursor: UInt32
    let silentMovies: SilentMoviesSnapshot?
    public let counters: LearnerCounters

    /// Writes the state in its canonical form; equal states give equal bytes.
    public func write(to writer: inout StateWriter) throws {
        try writer.write(UInt64(movies.rows.count))
        for row in 0..<movies.rows.count {
            let movie = movies.row(row)
            try writer.write(movie.id)
            try writer.write(movie.ratingCount)
            try writer.write(movie.isAnnounced)
            try writer.write(movie.isWithdrawn)
            try movies.descriptions[row].write(to: &writer)
        }
        try writer.write(UInt64(users.rows.count))
        for row in 0..<users.rows.count {
            let user = users.row(row)
            try writer.write(user.id)
            if user.id == 0 { continue }
            try writer.write(user.gender)
            try writer.write(user.age)
            try writer.write(user.occupation)
            try writer.write(user.hasProfile)
            try writer.write(user.lastEvent)
            let entries = rated.entries(user.rated)
            try writer.write(UInt64(entries.count))
            if entries.count == 0 { continue }
            try writer.write(UnsafeRawBufferPointer(start: entries.times, count: 8 * entries.count))
            try writer.write(UnsafeRawBufferPointer(start: entries.movies, count: 4 * entries.count))
            try writer.write(UnsafeRawBufferPointer(start: entries.values, count: entries.count))
        }
        try writer.write(UInt64(users.free.count))
        for row in users.free { try writer.write(row) }
        try writer.write(UInt64(forgotten.count))
        for id in forgotten.keys.sorted() {
            try writer.write(id)
            try writer.write(forgotten[id] ?? 0)
        }
        for count in counters.all { try writer.write(count) }
        try writer.write(evictionCursor)
        if let silentMovies { try silentMovies.write(to: &writer) }
        try model.write(to: &writer)
    }

    public var userCount: Int { users.rows.count - users.free.count }
    public var movieCount: Int { movies.rows.count - (silentMovies?.rowsWithoutMovie ?? 0) }

    /// Calls `body` with each user alive and his standing ratings, in row order.
    public func forEachUser(_ body: (_ row: Int, _ id: Int64, _ ratings: [StandingRating]) throws -> Void) rethrows {
        for row in 0..<users.rows.count {
            let user = users.row(row)
            if user.id == 0 { continue }
            let entries = rated.entries(user.rated)
            var ratings: [StandingRating] = []
            ratings.reserveCapacity(entries.count)
            for at in 0..<entries.count where entries.values[at] & RatedMovies.removedFlag == 0 {
                ratings.append(
                    StandingRating(
                        movieID: movies.row(Int(entries.movies[at])).id, halfStars: entries.values[at],
                        eventTimeMilliseconds: entries.times[at]))
            }
            try body(row, user.id, ratings)
        }
    }
}

/// A rating as it stands: set and not removed.
public struct StandingRating: Sendable, Equatable {
    public var movieID: Int64
    public var halfStars: UInt8
    public var eventTimeMilliseconds: Int64
}

extension Learner {
    public func snapshot() -> LearnerSnapshot {
        LearnerSnapshot(
            users: users.snapshot(), movies: movies.snapshot(), rated: rated.snapshot(), model: model.snapshot(),
            forgotten: forgotten, evictionCursor: eviction.cursor,
            silentMovies: silentMovies?.snapshot(), counters: counters)
    }
}
