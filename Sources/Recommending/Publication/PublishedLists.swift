import Learning

/// Each user's sequence number and last published list: what decides who is due, and no part of the learnt state.
///
/// Rows are the learner's user rows. In the checkpoint, and brought forward by the journal.
public final class PublishedLists {
    /// Sequence (8 bytes), k-th score (4), count (4), then `capacity` movie rows (4 each).
    private static let headBytes = 16

    /// The longest list that a row holds.
    public private(set) var capacity: Int
    private var rows: PagedRows
    /// Of users who have no row.
    public internal(set) var parked = ParkedLists()

    public init(capacity: Int) {
        self.capacity = capacity
        rows = Self.emptyRows(capacity)
    }

    private static func emptyRows(_ capacity: Int) -> PagedRows {
        PagedRows(rowBytes: (headBytes + 4 * capacity + 7) / 8 * 8)
    }

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
        let wide = Self.emptyRows(larger)
        for row in 0..<rows.count {
            let added = wide.append()
            wide.mutableRow(added).copyMemory(from: rows.row(UInt32(row)), byteCount: rows.rowBytes)
        }
        rows = wide
        capacity = larger
    }

    public func snapshot() -> PublishedListsSnapshot { PublishedListsSnapshot(rows: rows.snapshot()) }

    public func restore(from reader: inout StateReader) throws {
        let count = try reader.readCount(elementBytes: 8)
        for user in 0..<count {
            reserve(user + 1)
            let sequence = try reader.read(Int64.self)
            if sequence == 0 { continue }
            let lastScore = try reader.readFloat()
            let length = Int(try reader.read(UInt32.self))
            let bytes = try reader.take(4 * length)
            if length > capacity { widen(to: length) }
            let row = rows.mutableRow(UInt32(user))
            row.storeBytes(of: sequence, as: Int64.self)
            row.storeBytes(of: lastScore, toByteOffset: 8, as: Float.self)
            row.storeBytes(of: UInt32(length), toByteOffset: 12, as: UInt32.self)
            (row + Self.headBytes).copyMemory(from: bytes, byteCount: 4 * length)
        }
    }
}

public struct PublishedListsSnapshot: Sendable {
    let rows: PagedRowsSnapshot

    public func sequence(_ user: Int) -> Int64 { user < rows.count ? rows.row(user).load(as: Int64.self) : 0 }

    public func write(to writer: inout StateWriter) throws {
        try writer.write(UInt64(rows.count))
        for user in 0..<rows.count {
            let row = rows.row(user)
            let sequence = row.load(as: Int64.self)
            try writer.write(sequence)
            if sequence == 0 { continue }
            let count = row.load(fromByteOffset: 12, as: UInt32.self)
            try writer.write(row.load(fromByteOffset: 8, as: Float.self))
            try writer.write(count)
            try writer.write(UnsafeRawBufferPointer(start: row + 16, count: 4 * Int(count)))
        }
    }
}
