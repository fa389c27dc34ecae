import Events

/// The whole learnt state at one moment: taken on the learner thread in O(pages), read on any.
public struct LearnerSnapshot: Sendable {
    let users: UserTableSnapshot
    let movies: MovieTableSnapshot
    let rated: RatedMoviesSnapshot
    let model: any ModelSnapshot
    let forgotten: [Int64: Int64]
    public let counters: LearnerCounters

    /// Writes the state in its canonical form; equal states give equal bytes.
    public func write(to writer: inout StateWriter) throws {
        try writer.write(UInt64(movies.rows.count))
        for row in 0..<movies.rows.count {
            let movie = movies.row(row)
            let description = movies.descriptions[row]
            try writer.write(movie.id)
            try writer.write(movie.ratingCount)
            try writer.write(movie.isAnnounced)
            try writer.write(movie.isWithdrawn)
            try writer.write(description.title)
            try writer.write(Int32(clamping: description.year ?? 0))
            try writer.write(UInt16(description.genres.count))
            for genre in description.genres { try writer.write(genre) }
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
        for count in counters.ratings { try writer.write(count) }
        try writer.write(counters.moviesAnnounced)
        try writer.write(counters.moviesWithdrawn)
        try writer.write(counters.profiles)
        try writer.write(counters.usersForgotten)
        try model.write(to: &writer)
    }

    public var userCount: Int { users.rows.count - users.free.count }
    public var movieCount: Int { movies.rows.count }

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
            forgotten: forgotten, counters: counters)
    }

    /// Reads back what `LearnerSnapshot.write` wrote, into a learner that has seen nothing yet.
    ///
    /// - Throws: `StateReader.Failure` when the bytes can't be a state.
    public func restore(from reader: inout StateReader) throws {
        precondition(users.rowCount == 0 && movies.count == 0, "only an empty learner can be restored")
        let movieCount = try reader.readCount(elementBytes: 20)
        for _ in 0..<movieCount {
            var movie = MovieRow(id: try reader.read())
            movie.ratingCount = try reader.read()
            movie.isAnnounced = try reader.read()
            movie.isWithdrawn = try reader.read()
            var description = MovieDescription(title: try reader.readString())
            let year = Int(try reader.read(Int32.self))
            description.year = year == 0 ? nil : year
            for _ in 0..<(try reader.read(UInt16.self)) { description.genres.append(try reader.readString()) }
            guard movie.id > 0, movies.row(of: movie.id) == IdentityMap.none else {
                throw StateReader.Failure.impossible("movie id \(movie.id)", offset: reader.offset)
            }
            let row = movies.restore(movie, description)
            model.addMovie(row, id: movie.id, description: description)
        }
        let userCount = try reader.readCount(elementBytes: 8)
        for _ in 0..<userCount { try restoreUser(from: &reader, movieCount: UInt32(movieCount)) }
        try restoreFreeRows(from: &reader)
        for _ in 0..<(try reader.readCount(elementBytes: 16)) {
            let id = try reader.read(Int64.self)
            forgotten[id] = try reader.read()
        }
        for outcome in counters.ratings.indices { counters.ratings[outcome] = try reader.read() }
        counters.moviesAnnounced = try reader.read()
        counters.moviesWithdrawn = try reader.read()
        counters.profiles = try reader.read()
        counters.usersForgotten = try reader.read()
        try model.restore(from: &reader)
    }

    private func restoreUser(from reader: inout StateReader, movieCount: UInt32) throws {
        var user = UserRow(id: try reader.read())
        guard user.id >= 0, users.row(of: user.id) == IdentityMap.none else {
            throw StateReader.Failure.impossible("user id \(user.id)", offset: reader.offset)
        }
        if user.id != 0 {
            user.gender = try reader.read()
            user.age = try reader.read()
            user.occupation = try reader.read()
            user.hasProfile = try reader.read()
            let count = try reader.readCount(elementBytes: 13)
            guard count <= RatedMovies.entriesMax else {
                throw StateReader.Failure.impossible("\(count) ratings of a user", offset: reader.offset)
            }
            let times = try reader.take(8 * count)
            let movies = try reader.take(4 * count)
            let values = try reader.take(count)
            for at in 0..<count {
                let movie = movies.loadUnaligned(fromByteOffset: 4 * at, as: UInt32.self)
                guard movie < movieCount else {
                    throw StateReader.Failure.impossible("movie row \(movie)", offset: reader.offset)
                }
                rated.append(
                    movie, timeMilliseconds: times.loadUnaligned(fromByteOffset: 8 * at, as: Int64.self),
                    value: values.loadUnaligned(fromByteOffset: at, as: UInt8.self), to: &user.rated)
            }
        }
        let row = users.restore(user)
        // A free row needs its place in the model too; its content is written when it is used again.
        model.addUser(row, id: user.id)
        if user.hasProfile != 0 { model.describeUser(row, profile: user) }
    }

    /// The list names exactly the rows without a user, each once: a row that it named twice would get two users.
    private func restoreFreeRows(from reader: inout StateReader) throws {
        var isListed = [Bool](repeating: false, count: users.rowCount)
        var free: [UInt32] = []
        for _ in 0..<(try reader.readCount(elementBytes: 4)) {
            let row = try reader.read(UInt32.self)
            guard Int(row) < users.rowCount, !users.isAlive(row), !isListed[Int(row)] else {
                throw StateReader.Failure.impossible("free row \(row)", offset: reader.offset)
            }
            isListed[Int(row)] = true
            free.append(row)
        }
        guard free.count == users.rowCount - users.count else {
            throw StateReader.Failure.impossible("\(free.count) free rows", offset: reader.offset)
        }
        users.restore(free: free)
    }
}
