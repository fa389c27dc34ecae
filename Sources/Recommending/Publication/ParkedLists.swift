import Learning

/// Sequence numbers and last lists of users who have no row, by their ids: they wait here until the user is seen again.
///
/// A lineage that is learnt anew begins without users, but sequences go on where readers saw them last. A value:
/// snapshots share it. Looked up only; written out in the order of ids.
public struct ParkedLists: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        /// The number of the user's last list.
        public var sequence: Int64
        /// The score of its last item.
        public var lastScore: Float
        /// Best first.
        public var movieIDs: [Int64]

        public init(sequence: Int64, lastScore: Float, movieIDs: [Int64]) {
            self.sequence = sequence
            self.lastScore = lastScore
            self.movieIDs = movieIDs
        }
    }

    private var entries: [Int64: Entry] = [:]
    /// Counts changes.
    public private(set) var version: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    public subscript(userID: Int64) -> Entry? {
        get { entries[userID] }
        set {
            entries[userID] = newValue
            version += 1
        }
    }

    /// In the order of ids.
    public var userIDs: [Int64] { entries.keys.sorted() }

    public func write(to writer: inout StateWriter) throws {
        try writer.write(UInt64(entries.count))
        for id in userIDs {
            guard let entry = entries[id] else { continue }
            try writer.write(id)
            try writer.write(entry.sequence)
            try writer.write(entry.lastScore)
            try writer.write(UInt64(entry.movieIDs.count))
            for movie in entry.movieIDs { try writer.write(movie) }
        }
    }

    /// Reads back what `write` wrote.
    ///
    /// - Throws: `StateReader.Failure` when the bytes can't be parked lists.
    public init(from reader: inout StateReader) throws {
        for _ in 0..<(try reader.readCount(elementBytes: 28)) {
            let at = reader.offset
            let id = try reader.read(Int64.self)
            let sequence = try reader.read(Int64.self)
            // A sequence beyond any number of lists would overflow one day.
            guard id > 0, entries[id] == nil, (1...(1 << 60)).contains(sequence) else {
                throw StateReader.Failure.impossible("a parked list of user \(id)", offset: at)
            }
            let lastScore = try reader.readFloat()
            let movies = try (0..<(try reader.readCount(elementBytes: 8))).map { _ in try reader.read(Int64.self) }
            entries[id] = Entry(sequence: sequence, lastScore: lastScore, movieIDs: movies)
        }
    }
}
