/// Each user's newest rated movies, the newest last, and whether he liked them: what the next one may follow from.
///
/// Rows are the learner's user rows; 84 bytes each.
final class LastItems {
    static let capacity = 20
    /// Set in an entry whose rating was four stars or more.
    static let likedFlag: UInt32 = 1 << 31

    /// A count, then entries: movie rows with a flag.
    let rows = PagedRows(rowBytes: (1 + capacity) * MemoryLayout<UInt32>.stride)

    /// Makes room for a user, or empties the row of one that is used again.
    func add(_ user: UInt32) {
        if Int(user) == rows.count { _ = rows.append() }
        clear(user)
    }

    func clear(_ user: UInt32) {
        rows.mutableRow(user).initializeMemory(as: UInt8.self, repeating: 0, count: rows.rowBytes)
    }

    /// The entries, the newest last; valid until the next write.
    @inline(__always)
    func entries(_ user: UInt32) -> UnsafeBufferPointer<UInt32> {
        let row = rows.row(user).assumingMemoryBound(to: UInt32.self)
        return UnsafeBufferPointer(start: row + 1, count: Int(row[0]))
    }

    /// Calls `body` with each liked entry, the newest last, and how many entries came after it.
    @inline(__always)
    func forEachLike(of user: UInt32, _ body: (_ movie: UInt32, _ distance: Int) -> Void) {
        let entries = entries(user)
        for at in 0..<entries.count where entries[at] & Self.likedFlag != 0 {
            body(entries[at] & ~Self.likedFlag, entries.count - 1 - at)
        }
    }

    @inline(__always)
    func append(_ movie: UInt32, isLiked: Bool, to user: UInt32) {
        let row = rows.mutableRow(user).assumingMemoryBound(to: UInt32.self)
        var count = Int(row[0])
        if count == Self.capacity {
            // As two vectors of 16 and 4, which for a capacity of 20 overlap: a call to move so few bytes costs more than the
            // move.
            let source = UnsafeRawPointer(row + 2)
            let target = UnsafeMutableRawPointer(row + 1)
            let tail = 4 * (Self.capacity - 5)
            let first = source.loadUnaligned(as: SIMD16<UInt32>.self)
            let last = source.loadUnaligned(fromByteOffset: tail, as: SIMD4<UInt32>.self)
            target.storeBytes(of: first, as: SIMD16<UInt32>.self)
            target.storeBytes(of: last, toByteOffset: tail, as: SIMD4<UInt32>.self)
            count -= 1
        }
        row[1 + count] = isLiked ? movie | Self.likedFlag : movie
        row[0] = UInt32(count + 1)
    }

    /// A rating changed or was taken back; where the movie stands does not change. False when it is not among the last.
    @discardableResult
    func setLiked(_ isLiked: Bool, _ movie: UInt32, of user: UInt32) -> Bool {
        let entries = entries(user)
        guard let at = entries.firstIndex(where: { $0 & ~Self.likedFlag == movie }) else { return false }
        let row = rows.mutableRow(user).assumingMemoryBound(to: UInt32.self)
        row[1 + at] = isLiked ? movie | Self.likedFlag : movie
        return true
    }

    func names(evicted movies: MovieTable, _ user: UInt32) -> Bool {
        entries(user).contains { movies.pointer($0 & ~Self.likedFlag).pointee.isEvicted }
    }

    /// Takes out movies that went; the others move together.
    func drop(evicted movies: MovieTable, _ user: UInt32) {
        let kept = entries(user).filter { !movies.pointer($0 & ~Self.likedFlag).pointee.isEvicted }
        clear(user)
        let row = rows.mutableRow(user).assumingMemoryBound(to: UInt32.self)
        row[0] = UInt32(kept.count)
        for (at, entry) in kept.enumerated() { row[1 + at] = entry }
    }

    /// - Throws: `StateImage.Failure` when the rows, which have been filled before, can't be such entries.
    func check(userCount: Int, movieCount: Int) throws {
        guard rows.count == userCount else {
            throw StateImage.Failure.impossible("\(rows.count) rows of last items for \(userCount) users")
        }
        for user in 0..<UInt32(userCount) {
            let count = rows.row(user).load(as: UInt32.self)
            guard count <= UInt32(Self.capacity),
                entries(user).allSatisfy({ $0 & ~Self.likedFlag < UInt32(movieCount) })
            else { throw StateImage.Failure.impossible("the last items of user row \(user)") }
        }
    }
}
