import Events

/// What is kept of a movie beside its vectors and description; one row of the movie table.
public struct MovieRow: Sendable {
    public var id: Int64 = 0
    /// Users whose rating of it stands now.
    public var ratingCount: UInt32 = 0
    /// Whether it was announced and not withdrawn since.
    public var isAnnounced: UInt8 = 0
    /// Not 0: it is not recommended. A withdrawn movie, until it is announced again; and one that was evicted, whose row is
    /// used again one day.
    public var isWithdrawn: UInt8 = 0

    static let evicted: UInt8 = 2
    @inline(__always)
    var isEvicted: Bool { isWithdrawn == Self.evicted }
}

/// What the catalogue says of a movie.
public struct MovieDescription: Sendable, Equatable {
    public var title: String
    public var year: Int?
    public var genres: [String]

    public init(title: String = "", year: Int? = nil, genres: [String] = []) {
        self.title = title
        self.year = year
        self.genres = genres
    }
}

/// Movies by row, in first-seen order; but the row of one that was evicted is used again (`SilentMovies`).
public final class MovieTable {
    @usableFromInline let rows = PagedRows(rowBytes: MemoryLayout<MovieRow>.stride)
    private let map = IdentityMap()
    /// By row; an array, because it changes only with the catalogue and a snapshot then shares it whole.
    public private(set) var descriptions: [MovieDescription] = []
    /// How often `descriptions` changed since the start: tells whether it is still as a checkpoint has it.
    private var descriptionChanges: UInt64 = 0

    public init() {}

    /// Rows ever used, those without a movie included: the range that loops run over.
    public var count: Int { rows.count }
    /// Movies that are known.
    public var knownCount: Int { map.count }
    /// The largest id of a movie; 0 when there is none.
    public private(set) var idMax: Int64 = 0

    /// The movie's row, or `IdentityMap.none`.
    @inline(__always)
    public func row(of id: Int64) -> UInt32 { map.row(of: id) }

    @inlinable @inline(__always)
    public func pointer(_ row: UInt32) -> UnsafePointer<MovieRow> {
        rows.row(row).assumingMemoryBound(to: MovieRow.self)
    }

    @inline(__always)
    public func mutablePointer(_ row: UInt32) -> UnsafeMutablePointer<MovieRow> {
        rows.mutableRow(row).assumingMemoryBound(to: MovieRow.self)
    }

    /// Whether the row has no movie any more.
    public func isEvicted(_ row: UInt32) -> Bool { pointer(row).pointee.isEvicted }

    @inlinable @inline(__always)
    public func id(_ row: UInt32) -> Int64 { pointer(row).pointee.id }

    /// Gives a new movie a row: a free one, or else a new one.
    func add(_ id: Int64, at free: UInt32? = nil) -> UInt32 {
        let row = free ?? rows.append()
        mutablePointer(row).initialize(to: MovieRow(id: id))
        enter(id, row)
        // Whoever goes was never described.
        if free != nil { return row }
        descriptions.append(MovieDescription())
        descriptionChanges += 1
        return row
    }

    /// The movie is unknown from now on; whatever names its row finds out by it what it was.
    func evict(_ row: UInt32) {
        let pointer = mutablePointer(row)
        map.remove(pointer.pointee.id)
        pointer.pointee.isWithdrawn = MovieRow.evicted
    }

    /// Nothing names the row of an evicted movie any more.
    func free(_ row: UInt32) {
        mutablePointer(row).initialize(to: MovieRow())
        mutablePointer(row).pointee.isWithdrawn = MovieRow.evicted
    }

    private func enter(_ id: Int64, _ row: UInt32) {
        map.insert(id, row: row)
        idMax = max(idMax, id)
    }

    func describe(_ row: UInt32, _ description: MovieDescription) {
        descriptions[Int(row)] = description
        descriptionChanges += 1
    }

    func removeAll() {
        rows.removeAll()
        map.removeAll()
        descriptions.removeAll()
        descriptionChanges += 1
        idMax = 0
    }

    var byteCount: Int { rows.byteCount }

    func snapshot() -> MovieTableSnapshot {
        MovieTableSnapshot(
            rows: rows.snapshot(), descriptions: descriptions, descriptionChanges: descriptionChanges)
    }

    /// Takes the rows that a checkpoint filled in.
    func restore(descriptions list: [MovieDescription]) throws {
        guard list.count == rows.count else {
            throw StateImage.Failure.impossible("\(list.count) descriptions of \(rows.count) movies")
        }
        for row in 0..<UInt32(rows.count) {
            if pointer(row).pointee.isEvicted { continue }
            let id = pointer(row).pointee.id
            guard id > 0, map.row(of: id) == IdentityMap.none else {
                throw StateImage.Failure.impossible("movie id \(id)")
            }
            enter(id, row)
        }
        descriptions = list
    }
}

struct MovieTableSnapshot: Sendable {
    let rows: PagedRowsSnapshot
    let descriptions: [MovieDescription]
    let descriptionChanges: UInt64

    func row(_ row: Int) -> MovieRow { rows.row(row).assumingMemoryBound(to: MovieRow.self).pointee }
}
