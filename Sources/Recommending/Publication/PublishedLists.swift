import Learning

/// Each user's sequence number and last published list: what decides who is due, and no part of the learnt state.
///
/// Rows are the learner's user rows. In the checkpoint, and brought forward by the journal.
public final class PublishedLists {
    /// Sequence (8 bytes), k-th score (4), count (4), then `capacity` movie rows (4 each).
    private static let headBytes = 16
    /// Far beyond any list.
    private static let rowBytesMax = 1 << 16

    /// The longest list that a row holds.
    public private(set) var capacity: Int
    private var rows: PagedRows
    /// Of users who have no row.
    public internal(set) var parked = ParkedLists()

    public init(capacity: Int) {
        self.capacity = capacity
        rows = PagedRows(rowBytes: Self.rowBytes(capacity))
    }

    private static func rowBytes(_ capacity: Int) -> Int { (headBytes + 4 * capacity + 7) / 8 * 8 }

    public var rowCount: Int { rows.count }
    public var byteCount: Int { rows.byteCount }

    /// Makes sure that user rows below `rowCount` have a place.
    public func reserve(_ rowCount: Int) {
        while rows.count < rowCount { _ = rows.append() }
    }

    /// The number of the user's last list; 0 = none yet.
    @inline(__always)
    public func sequence(_ user: UInt32) -> Int64 {
        Int(user) < rows.count ? rows.row(user).load(as: Int64.self) : 0
    }

    /// The score of the last list's last item.
    @inline(__always)
    public func lastScore(_ user: UInt32) -> Float { rows.row(user).load(fromByteOffset: 8, as: Float.self) }

    @inline(__always)
    public func count(_ user: UInt32) -> Int { Int(rows.row(user).load(fromByteOffset: 12, as: UInt32.self)) }

    /// The last list's movie rows, best first; valid until the next write.
    @inline(__always)
    public func movies(_ user: UInt32) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(
            start: (rows.row(user) + Self.headBytes).assumingMemoryBound(to: UInt32.self), count: count(user))
    }

    /// Whether the user's last list had the same movies in the same order.
    public func isSame(_ user: UInt32, _ list: UnsafeBufferPointer<UInt32>) -> Bool {
        let last = movies(user)
        guard last.count == list.count else { return false }
        for at in 0..<list.count where last[at] != list[at] { return false }
        return true
    }

    /// Puts down a list as published and returns its sequence number.
    @discardableResult
    public func publish(_ user: UInt32, _ list: UnsafeBufferPointer<UInt32>, lastScore: Float) -> Int64 {
        let next = sequence(user) + 1
        put(user, list, lastScore: lastScore, sequence: next)
        return next
    }

    func put(_ user: UInt32, _ list: UnsafeBufferPointer<UInt32>, lastScore: Float, sequence: Int64) {
        if list.count > capacity { widen(to: list.count) }
        reserve(Int(user) + 1)
        let row = rows.mutableRow(user)
        row.storeBytes(of: sequence, as: Int64.self)
        row.storeBytes(of: lastScore, toByteOffset: 8, as: Float.self)
        row.storeBytes(of: UInt32(list.count), toByteOffset: 12, as: UInt32.self)
        if let base = list.baseAddress {
            (row + Self.headBytes).copyMemory(from: base, byteCount: 4 * list.count)
        }
    }

    func removeAllRows() { rows.removeAll() }

    /// Forgets a user's list; his next one has sequence 1.
    public func remove(_ user: UInt32) {
        if Int(user) >= rows.count { return }
        rows.mutableRow(user).initializeMemory(as: UInt8.self, repeating: 0, count: rows.rowBytes)
    }

    /// Longer lists were published earlier, under another setting.
    private func widen(to larger: Int) {
        capacity = larger
        // Rows of another length are another table: a checkpoint then starts afresh. Where there was room, it is the
        // same.
        if Self.rowBytes(larger) == rows.rowBytes { return }
        let wide = PagedRows(rowBytes: Self.rowBytes(larger))
        for row in 0..<rows.count {
            let added = wide.append()
            wide.mutableRow(added).copyMemory(from: rows.row(UInt32(row)), byteCount: rows.rowBytes)
        }
        rows = wide
    }

    private static let tableName = "lists"
    private static let parkedName = "parked-lists"

    public func snapshot() -> PublishedListsSnapshot {
        PublishedListsSnapshot(
            table: StateTableSnapshot(Self.tableName, rows.snapshot()),
            parked: StateBlob(Self.parkedName, version: parked.version) { [parked] in try parked.write(to: &$0) })
    }

    /// Takes a checkpoint's lists, into lists that are still empty. Rows that are wider than this capacity asks for stay
    /// so; narrower ones are widened.
    ///
    /// - Throws: `StateImage.Failure` when they can't be the lists of such a learner.
    public func restore(from image: inout StateImage, userCount: Int, movieCount: Int) throws {
        let wanted = capacity
        if let rowBytes = image.tables[Self.tableName]?.rowBytes {
            guard (Self.headBytes...Self.rowBytesMax).contains(rowBytes), rowBytes % 8 == 0 else {
                throw StateImage.Failure.impossible("lists in rows of \(rowBytes) bytes")
            }
            rows = PagedRows(rowBytes: rowBytes)
            capacity = (rowBytes - Self.headBytes) / 4
        }
        try image.take(Self.tableName, into: rows)
        parked = try image.take(blob: Self.parkedName) { try ParkedLists(from: &$0) }
        guard rows.count <= userCount else {
            throw StateImage.Failure.impossible("\(rows.count) lists for \(userCount) users")
        }
        for user in 0..<UInt32(rows.count) {
            // A sequence beyond any number of lists would overflow one day.
            guard (0...(1 << 60)).contains(sequence(user)), count(user) <= capacity,
                movies(user).allSatisfy({ $0 < UInt32(movieCount) })
            else { throw StateImage.Failure.impossible("the list of user row \(user)") }
        }
        if capacity < wanted { widen(to: wanted) }
    }
}

public struct PublishedListsSnapshot: Sendable {
    public let table: StateTableSnapshot
    public let parked: StateBlob

    public func sequence(_ user: Int) -> Int64 {
        user < table.rows.count ? table.rows.row(user).load(as: Int64.self) : 0
    }
}
