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
    /// When he last rated or was described: the number of the rating event, in units of 2^10 events.
    public var lastEvent: UInt32 = 0

    public init(id: Int64 = 0) { self.id = id }

    /// A user of whom nothing but his profile is known.
    public init(_ profile: UserProfile) {
        id = profile.userID
        gender = profile.gender.map { $0.rawValue + 1 } ?? 0
        age = profile.age.map { UInt8(clamping: $0) &+ 1 } ?? 0
        occupation = profile.occupation.map { UInt8(clamping: $0) &+ 1 } ?? 0
        hasProfile = 1
    }
}

/// Users by row. Rows come in first-seen order; a forgotten user's row is used again, last freed first, and that
/// order is part of the state.
public final class UserTable {
    let rows = PagedRows(rowBytes: MemoryLayout<UserRow>.stride)
    private let map = IdentityMap()
    private(set) var free: [UInt32] = []

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
        // All of it, whatever lies between the fields.
        rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: rows.rowBytes)
        free.append(row)
    }

    func removeAll() {
        rows.removeAll()
        map.removeAll()
        free.removeAll()
    }

    var byteCount: Int { rows.byteCount }

    func snapshot() -> UserTableSnapshot { UserTableSnapshot(rows: rows.snapshot(), free: free) }

    /// Takes the rows that a checkpoint filled in: looks up their ids and checks that `free` names exactly the rows
    /// without a user, each once; a row that it named twice would get two users.
    func restore(free list: [UInt32]) throws {
        var freeCount = 0
        for row in 0..<UInt32(rows.count) {
            let user = pointer(row).pointee
            if user.id == 0 {
                guard user.rated == RatedHandle() else {
                    throw StateImage.Failure.impossible("a free row with ratings")
                }
                freeCount += 1
            } else {
                guard user.id > 0, map.row(of: user.id) == IdentityMap.none else {
                    throw StateImage.Failure.impossible("user id \(user.id)")
                }
                map.insert(user.id, row: row)
            }
        }
        var isListed = [Bool](repeating: false, count: rows.count)
        for row in list {
            guard Int(row) < rows.count, !isAlive(row), !isListed[Int(row)] else {
                throw StateImage.Failure.impossible("free row \(row)")
            }
            isListed[Int(row)] = true
        }
        guard list.count == freeCount else { throw StateImage.Failure.impossible("\(list.count) free rows") }
        free = list
    }
}

struct UserTableSnapshot: Sendable {
    let rows: PagedRowsSnapshot
    let free: [UInt32]

    func row(_ row: Int) -> UserRow { rows.row(row).assumingMemoryBound(to: UserRow.self).pointee }
}
