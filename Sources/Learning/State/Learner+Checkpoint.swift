extension LearnerSnapshot {
    /// Every table of the learnt state, for a checkpoint.
    public var tables: [StateTableSnapshot] {
        [StateTableSnapshot("movies", movies.rows), StateTableSnapshot("users", users.rows)]
            + rated.pools.enumerated().map { StateTableSnapshot(RatedMovies.tableName($0.offset), $0.element) }
            + (silentMovies.map { [$0.table] } ?? []) + model.tables
    }

    /// What stands in no table.
    public var blobs: [StateBlob] {
        [
            StateBlob("descriptions", version: movies.descriptionChanges) { [movies] in
                try movies.writeDescriptions(to: &$0)
            },
            StateBlob("books") { [users, rated, forgotten, counters, evictionCursor] writer in
                try writer.write(users.free)
                for blocks in rated.freeBlocks { try writer.write(blocks) }
                try writer.write(UInt64(forgotten.count))
                for id in forgotten.keys.sorted() {
                    try writer.write(id)
                    try writer.write(forgotten[id] ?? 0)
                }
                for count in counters.all { try writer.write(count) }
                try writer.write(evictionCursor)
            },
            model.scalars,
        ] + (silentMovies.map { [$0.books] } ?? [])
    }
}

extension Learner {
    /// What the learnt rows take in memory, in bytes.
    public var byteCount: Int {
        users.byteCount + movies.byteCount + rated.byteCount + (silentMovies?.lastEvents.byteCount ?? 0)
            + model.tables.reduce(0) { $0 + $1.rows.byteCount }
    }

    /// What a user and a movie take in memory, in bytes: rows of the books and of the model.
    public var bytesPerUser: Int { MemoryLayout<UserRow>.stride + model.bytesPerUser }
    public var bytesPerMovie: Int { MemoryLayout<MovieRow>.stride + model.bytesPerMovie }

    /// Takes a checkpoint's tables and blobs, into a learner that has seen nothing yet. Rows and blocks lie where they
    /// lay, so that it goes on exactly as the one that was written down.
    ///
    /// - Throws: `StateImage.Failure` when they can't be a state; the learner is then of no use any more.
    public func restore(from image: inout StateImage) throws {
        try image.take("movies", into: movies.rows)
        try image.take("users", into: users.rows)
        for (sizeClass, pool) in rated.pools.enumerated() {
            try image.take(RatedMovies.tableName(sizeClass), into: pool)
        }
        try movies.restore(
            descriptions: try image.take(blob: "descriptions") { try MovieTableSnapshot.readDescriptions(from: &$0) })
        try silentMovies?.restore(from: &image, movies: movies)
        let standing = try image.take(blob: "books") { reader in
            try users.restore(free: try reader.readRows())
            let freeBlocks = try (0..<RatedMovies.classCount).map { _ in try reader.readRows() }
            let standing = try rated.restore(free: freeBlocks, users: users, movieCount: movies.count)
            try restoreForgotten(from: &reader)
            try restoreCounters(from: &reader)
            eviction.cursor = try reader.read()
            return standing
        }
        for row in 0..<UInt32(movies.count) where movies.pointer(row).pointee.ratingCount != standing[Int(row)] {
            throw StateImage.Failure.impossible(
                "\(movies.pointer(row).pointee.ratingCount) ratings of movie row \(row) for \(standing[Int(row)])")
        }
        try model.restore(from: &image, userCount: users.rowCount, movieCount: movies.count)
    }

    private func restoreForgotten(from reader: inout StateReader) throws {
        for _ in 0..<(try reader.readCount(elementBytes: 16)) {
            let id = try reader.read(Int64.self)
            forgotten[id] = try reader.read()
        }
    }

    private func restoreCounters(from reader: inout StateReader) throws {
        // A count beyond any number of events would overflow one day.
        counters.all = try counters.all.map { _ in
            let count = try reader.read(Int64.self)
            guard (0...(1 << 60)).contains(count) else { throw StateImage.Failure.impossible("counter \(count)") }
            return count
        }
    }
}

extension RatedMovies {
    fileprivate static func tableName(_ sizeClass: Int) -> String { "rated.\(capacity(sizeClass))" }
}

extension MovieTableSnapshot {
    fileprivate func writeDescriptions(to writer: inout StateWriter) throws {
        try writer.write(UInt64(descriptions.count))
        for description in descriptions { try description.write(to: &writer) }
    }

    fileprivate static func readDescriptions(from reader: inout StateReader) throws -> [MovieDescription] {
        try (0..<(try reader.readCount(elementBytes: 10))).map { _ in try MovieDescription(from: &reader) }
    }
}

extension MovieDescription {
    func write(to writer: inout StateWriter) throws {
        try writer.write(title)
        try writer.write(Int32(clamping: year ?? 0))
        try writer.write(UInt16(genres.count))
        for genre in genres { try writer.write(genre) }
    }

    fileprivate init(from reader: inout StateReader) throws {
        self.init(title: try reader.readString())
        let year = Int(try reader.read(Int32.self))
        self.year = year == 0 ? nil : year
        for _ in 0..<(try reader.read(UInt16.self)) { genres.append(try reader.readString()) }
    }
}

extension StateWriter {
    fileprivate mutating func write(_ rows: [UInt32]) throws {
        try write(UInt64(rows.count))
        for row in rows { try write(row) }
    }
}

extension StateReader {
    fileprivate mutating func readRows() throws -> [UInt32] {
        try (0..<(try readCount(elementBytes: 4))).map { _ in try read() }
    }
}
