/// Movies that nobody announced and nobody has rated for long: they go, and their rows are used again.
///
/// With every rating event one movie row is looked at, in turn, as one user row is. A movie that goes is unknown from then
/// on: its id has no row, it is in no list, what was learnt of it is as of a newcomer. But users' ratings and successors
/// still name its row, so both are swept: whoever is looked at loses what names a movie that went. When all have been,
/// the row is free, and the next movie that comes with a rating gets it. One that is announced gets a new row, behind all
/// others, where the newest are looked for.
///
/// Part of the state, where movies may go.
final class SilentMovies {
    /// A movie that went, and since when.
    struct Gone: Equatable {
        var row: UInt32
        /// The number of the rating event.
        var event: Int64
        /// Rounds through all rows that had begun.
        var userRound: Int64
        var movieRound: Int64
    }

    /// By movie row: the event of the last rating, in `Eviction`'s units.
    let lastEvents = PagedRows(rowBytes: MemoryLayout<UInt32>.stride)
    /// The row that is looked at next.
    var cursor: UInt32 = 0
    var userRound: Int64 = 0
    var movieRound: Int64 = 0
    /// The first that went first.
    private(set) var gone: [Gone] = []
    /// Used again last in, first out.
    private(set) var free: [UInt32] = []
    private(set) var evictedCount: Int64 = 0

    /// After two whole rounds nothing names the row any more. The lists of users who were looked at follow once a batch,
    /// so there is a round more, and of few users more than two batches.
    private static let roundsMin: Int64 = 3
    private static let eventsMin: Int64 = 3 << 16

    @inline(__always)
    func lastEvent(_ row: UInt32) -> UInt32 { lastEvents.row(row).load(as: UInt32.self) }

    @inline(__always)
    func rated(_ row: UInt32, event: Int64) {
        lastEvents.mutableRow(row).storeBytes(of: Eviction.unit(of: event), as: UInt32.self)
    }

    /// A movie has this row now.
    func add(_ row: UInt32, event: Int64) {
        while lastEvents.count <= Int(row) { _ = lastEvents.append() }
        rated(row, event: event)
    }

    func went(_ row: UInt32, event: Int64) {
        gone.append(Gone(row: row, event: event, userRound: userRound, movieRound: movieRound))
        evictedCount += 1
    }

    /// The row that nothing names any more, if the first that went is so far.
    @inline(__always)
    func nextFree(at event: Int64) -> UInt32? {
        guard let first = gone.first, event - first.event >= Self.eventsMin,
            userRound - first.userRound >= Self.roundsMin, movieRound - first.movieRound >= Self.roundsMin
        else { return nil }
        return first.row
    }

    func freeFirst() { free.append(gone.removeFirst().row) }

    func takeFree() -> UInt32? { free.popLast() }

    func removeAll() {
        lastEvents.removeAll()
        cursor = 0
        userRound = 0
        movieRound = 0
        gone = []
        free = []
        evictedCount = 0
    }
}

// MARK: State

extension SilentMovies {
    private static let tableName = "movie-events"
    private static let blobName = "silent-movies"

    func snapshot() -> SilentMoviesSnapshot {
        let books = StateBlob(Self.blobName) {
            [cursor, userRound, movieRound, gone, free, evictedCount] writer in
            try writer.write(cursor)
            try writer.write(userRound)
            try writer.write(movieRound)
            try writer.write(evictedCount)
            try writer.write(UInt64(gone.count))
            for movie in gone {
                try writer.write(movie.row)
                try writer.write(movie.event)
                try writer.write(movie.userRound)
                try writer.write(movie.movieRound)
            }
            try writer.write(UInt64(free.count))
            for row in free { try writer.write(row) }
        }
        return SilentMoviesSnapshot(
            table: StateTableSnapshot(Self.tableName, lastEvents.snapshot()), books: books,
            rowsWithoutMovie: gone.count + free.count)
    }

    /// Takes what a checkpoint has; the movies' rows have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when it does not fit them.
    func restore(from image: inout StateImage, movies: MovieTable) throws {
        try image.take(Self.tableName, into: lastEvents)
        try image.take(blob: Self.blobName) { reader in
            cursor = try reader.read()
            userRound = try reader.read()
            movieRound = try reader.read()
            evictedCount = try reader.read()
            gone = try (0..<(try reader.readCount(elementBytes: 28))).map { _ in
                Gone(
                    row: try reader.read(), event: try reader.read(), userRound: try reader.read(),
                    movieRound: try reader.read())
            }
            free = try (0..<(try reader.readCount(elementBytes: 4))).map { _ in try reader.read() }
        }
        let evicted = (0..<UInt32(movies.count)).filter { movies.pointer($0).pointee.isEvicted }
        guard lastEvents.count == movies.count, (gone.map(\.row) + free).sorted() == evicted,
            free.allSatisfy({ movies.id($0) == 0 }), gone.allSatisfy({ movies.id($0.row) != 0 }),
            [userRound, movieRound, evictedCount].allSatisfy({ (0...(1 << 60)).contains($0) })
        else { throw StateImage.Failure.impossible("\(gone.count) movies that went, of \(evicted.count)") }
    }
}

struct SilentMoviesSnapshot: Sendable {
    let table: StateTableSnapshot
    let books: StateBlob
    let rowsWithoutMovie: Int

    /// Writes the canonical form.
    func write(to writer: inout StateWriter) throws {
        try books.write(&writer)
        try table.rows.forEachPage(changedSince: 0) { _, bytes in try writer.write(bytes) }
    }
}
