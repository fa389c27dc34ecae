import Events

/// What is kept of a movie beside its vectors and description; one row of the movie table.
public struct MovieRow: Sendable {
    public var id: Int64 = 0
    /// Users whose rating of it stands now.
    public var ratingCount: UInt32 = 0
    /// Whether it was announced and not withdrawn since.
    public var isAnnounced: UInt8 = 0
    /// A withdrawn movie is not recommended until it is announced again.
    public var isWithdrawn: UInt8 = 0
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

/// Movies by row, in first-seen order. A movie is never evicted.
public final class MovieTable {
    private let rows = PagedRows(rowBytes: MemoryLayout<MovieRow>.stride)
    private let map = IdentityMap()
    /// By row; an array, because it changes only with the catalogue and a snapshot then shares it whole.
    public private(set) var descriptions: [MovieDescription] = []

    public init() {}

    public var count: Int { rows.count }
    /// The largest id of a movie; 0 when there is none.
    public private(set) var idMax: Int64 = 0

    /// The movie's row, or `IdentityMap.none`.
    @inline(__always)
    public func row(of id: Int64) -> UInt32 { map.row(of: id) }

    @inline(__always)
    public func pointer(_ row: UInt32) -> UnsafePointer<MovieRow> {
        rows.row(row).assumingMemoryBound(to: MovieRow.self)
    }

    @inline(__always)
    public func mutablePointer(_ row: UInt32) -> UnsafeMutablePointer<MovieRow> {
        rows.mutableRow(row).assumingMemoryBound(to: MovieRow.self)
    }

    @inline(__always)
    public func id(_ row: UInt32) -> Int64 { pointer(row).pointee.id }

    func add(_ id: Int64) -> UInt32 { restore(MovieRow(id: id), MovieDescription()) }

    func describe(_ row: UInt32, _ description: MovieDescription) { descriptions[Int(row)] = description }

    func removeAll() {
        rows.removeAll()
        map.removeAll()
        descriptions.removeAll()
        idMax = 0
    }

    var byteCount: Int { rows.byteCount }

    func snapshot() -> MovieTableSnapshot {
        MovieTableSnapshot(rows: rows.snapshot(), descriptions: descriptions)
    }

    /// Appends the next row of a checkpoint, in row order.
    func restore(_ row: MovieRow, _ description: MovieDescription) -> UInt32 {
        let number = rows.append()
        mutablePointer(number).initialize(to: row)
        map.insert(row.id, row: number)
        idMax = max(idMax, row.id)
        descriptions.append(description)
        return number
    }
}

struct MovieTableSnapshot: Sendable {
    let rows: PagedRowsSnapshot
    let descriptions: [MovieDescription]

    func row(_ row: Int) -> MovieRow { rows.row(row).assumingMemoryBound(to: MovieRow.self).pointee }
}
