import Events

/// What is kept of a user beside his vectors; one row of the user table.
public struct UserRow: Sendable {
    /// 0 = the row is free.
    public var id: Int64 = 0
    public var rated = RatedHandle()
    /// 0 unknown, else `Gender` raw value + 1.
    public var gender: UInt8 = 0
    /// Age in years + 1; 0 unknown.
    public var age: UInt8 = 0
    /// MovieLens' code + 1; 0 unknown.
    public var occupation: UInt8 = 0
    /// Whether a profile was ever announced.
    public var hasProfile: UInt8 = 0
}

/// Users by row. Rows come in first-seen order; a forgotten user's row is used again, last freed first, and that
/// order is part of the state.
public final class UserTable {
    private let rows = PagedRows(rowBytes: MemoryLayout<UserRow>.stride)
    private let map = IdentityMap()
    private var free: [UInt32] = []

    public init() {}

    /// Rows ever used, free ones included: the range that loops run over.
    public var rowCount: Int { rows.count }
    /// Users alive.
    public var count: Int { map.count }

    /// The user's row, or `IdentityMap.none`.
    @inline(__always)
    public func row(of id: Int64) -> UInt32 { map.row(of: id) }

    @inline(__always)
    public func pointer(_ row: UInt32) -> UnsafePointer<UserRow> { rows.row(row).assumingMemoryBound(to: UserRow.self) }

    @inline(__always)
    public func mutablePointer(_ row: UInt32) -> UnsafeMutablePointer<UserRow> {
        rows.mutableRow(row).assumingMemoryBound(to: UserRow.self)
    }

    public func isAlive(_ row: UInt32) -> Bool { Int(row) < rows.count && pointer(row).pointee.id != 0 }

    /// Gives a new user a row: the one freed last, else a new one.
    func add(_ id: Int64) -> UInt32 {
        let row = free.popLast() ?? rows.append()
        mutablePointer(row).initialize(to: UserRow(id: id))
        map.insert(id, row: row)
        return row
    }

    func remove(_ row: UInt32) {
        map.remove(pointer(row).pointee.id)
        mutablePointer(row).initialize(to: UserRow())
        free.append(row)
    }

    func removeAll() {
        rows.removeAll()
        map.removeAll()
        free.removeAll()
    }

    var byteCount: Int { rows.byteCount }

    func snapshot() -> UserTableSnapshot { UserTableSnapshot(rows: rows.snapshot(), free: free) }

    /// Appends the next row of a checkpoint, in row order; an id of 0 is a free row.
    func restore(_ row: UserRow) -> UInt32 {
        let number = rows.append()
        mutablePointer(number).initialize(to: row)
        if row.id != 0 { map.insert(row.id, row: number) }
        return number
    }

    func restore(free list: [UInt32]) { free = list }
}

struct UserTableSnapshot: Sendable {
    let rows: PagedRowsSnapshot
    let free: [UInt32]

    func row(_ row: Int) -> UserRow { rows.row(row).assumingMemoryBound(to: UserRow.self).pointee }
}
