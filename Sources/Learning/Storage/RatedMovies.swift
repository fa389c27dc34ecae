import CVectorKernels

/// Where a user's ratings are kept; a part of his row.
public struct RatedHandle: Sendable, Equatable {
    /// Number of entries, removed ones included.
    public var count: UInt32 = 0
    /// How many of them are removals.
    public var removedCount: UInt32 = 0
    var block: UInt32 = 0
    /// The block's size class, plus one; 0 = no block yet.
    var sizeClass: UInt8 = 0

    public init() {}
}

/// The movies that each user has rated, in the order of arrival, with value and time.
///
/// A user's entries lie together in one block of three columns (times, movie rows, values); blocks come in powers of
/// two and move up a class when full. Looking up a movie scans the user's column of row numbers with a vector kernel:
/// for the longest lists of MovieLens that is faster than a hash, and an entry takes 13 bytes. Append is amortised
/// O(1), but O(entries) for a user at the limit; find is O(entries of the user).
public final class RatedMovies {
    /// A user keeps at most this many; then the oldest arrival goes.
    public static let entriesMax = 65_536
    /// Set in the value of a removed rating; its time stays, so that an older rating that arrives late is not taken.
    public static let removedFlag: UInt8 = 0x80

    static let classCount = 15

    /// Blocks of 4 << class entries.
    let pools: [PagedRows]
    private let poolPlaces: UnsafeMutablePointer<PagedRows.RowPlaces>
    /// Blocks given back, by class, used again last in first out. Where a block lies is no part of the learnt state.
    var freeBlocks: [[UInt32]] = []

    public init() {
        // Rounded up, so that the column of times of every block is aligned.
        pools = (0..<Self.classCount).map { PagedRows(rowBytes: (13 * Self.capacity($0) + 7) / 8 * 8) }
        freeBlocks = Array(repeating: [], count: Self.classCount)
        poolPlaces = .allocate(capacity: Self.classCount)
        for (sizeClass, pool) in pools.enumerated() { (poolPlaces + sizeClass).initialize(to: pool.places) }
    }

    deinit { poolPlaces.deallocate() }

    @inline(__always)
    static func capacity(_ sizeClass: Int) -> Int { 4 &<< sizeClass }

    /// The user's entries, valid until the next write to any user's.
    @inline(__always)
    public func entries(_ handle: RatedHandle) -> RatedEntries {
        if handle.sizeClass == 0 { return RatedEntries(count: 0, base: nil, capacity: 0) }
        let sizeClass = Int(handle.sizeClass) - 1
        return RatedEntries(
            count: Int(handle.count), base: UnsafeRawPointer(poolPlaces[sizeClass].row(handle.block)),
            capacity: Self.capacity(sizeClass))
    }

    /// The index of a movie among the user's entries, or -1.
    @inline(__always)
    public func find(_ movie: UInt32, _ handle: RatedHandle) -> Int {
        if handle.count == 0 { return -1 }
        return Int(mq_find_u32(entries(handle).movies, Int(handle.count), movie))
    }

    /// Adds an entry for a movie that has none.
    ///
    /// - Returns: the movie whose rating stood and was dropped at the limit, or `IdentityMap.none`.
    @discardableResult
    public func append(
        _ movie: UInt32, timeMilliseconds: Int64, value: UInt8, to handle: inout RatedHandle
    ) -> UInt32 {
        var dropped = IdentityMap.none
        if handle.sizeClass == 0 || Int(handle.count) == Self.capacity(Int(handle.sizeClass) - 1) {
            dropped = makeRoom(&handle)
        }
        let at = Int(handle.count)
        handle.count += 1
        if value & Self.removedFlag != 0 { handle.removedCount += 1 }
        let (times, movies, values) = columns(handle)
        times[at] = timeMilliseconds
        movies[at] = movie
        values[at] = value
        return dropped
    }

    /// Replaces value and time of entry `at`.
    public func update(_ at: Int, timeMilliseconds: Int64, value: UInt8, in handle: inout RatedHandle) {
        precondition(at < Int(handle.count))
        let (times, _, values) = columns(handle)
        if values[at] & Self.removedFlag != 0 { handle.removedCount -= 1 }
        if value & Self.removedFlag != 0 { handle.removedCount += 1 }
        times[at] = timeMilliseconds
        values[at] = value
    }

    /// Takes out the entries of which `isGone` says so, and closes the gaps.
    func remove(from handle: inout RatedHandle, where isGone: (_ movie: UInt32, _ isStanding: Bool) -> Bool) {
        if handle.sizeClass == 0 { return }
        let (times, movies, values) = columns(handle)
        var kept = 0
        for at in 0..<Int(handle.count) {
            let isRemoved = values[at] & Self.removedFlag != 0
            if isGone(movies[at], !isRemoved) {
                if isRemoved { handle.removedCount -= 1 }
                continue
            }
            (times[kept], movies[kept], values[kept]) = (times[at], movies[at], values[at])
            kept += 1
        }
        handle.count = UInt32(kept)
    }

    /// Gives the user's block back and empties the handle.
    public func removeAll(_ handle: inout RatedHandle) {
        if handle.sizeClass != 0 {
            giveBack(handle.block, Int(handle.sizeClass) - 1)
        }
        handle = RatedHandle()
    }

    /// Gives all blocks of all users back; their handles mean nothing any more.
    func removeAll() {
        for pool in pools { pool.removeAll() }
        freeBlocks = Array(repeating: [], count: Self.classCount)
    }

    /// Memory held, in bytes.
    public var byteCount: Int { pools.reduce(0) { $0 + $1.byteCount } }

    private typealias Columns = (
        UnsafeMutablePointer<Int64>, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt8>
    )

    @inline(__always)
    private func columns(_ handle: RatedHandle) -> Columns {
        let sizeClass = Int(handle.sizeClass) - 1
        let capacity = Self.capacity(sizeClass)
        let places = poolPlaces[sizeClass]
        let base = places.isShared(handle.block) ? pools[sizeClass].mutableRow(handle.block) : places.row(handle.block)
        return (
            base.assumingMemoryBound(to: Int64.self), (base + 8 * capacity).assumingMemoryBound(to: UInt32.self),
            (base + 12 * capacity).assumingMemoryBound(to: UInt8.self)
        )
    }

    private func takeBlock(_ sizeClass: Int) -> UInt32 {
        freeBlocks[sizeClass].popLast() ?? pools[sizeClass].append()
    }

    private func giveBack(_ block: UInt32, _ sizeClass: Int) {
        // Overwritten at once: the ratings of a user who is forgotten must not linger in free memory.
        let pool = pools[sizeClass]
        pool.mutableRow(block).initializeMemory(as: UInt8.self, repeating: 0, count: pool.rowBytes)
        freeBlocks[sizeClass].append(block)
    }

    /// Moves the entries one class up, or drops the oldest at the limit and returns its movie if the rating stood.
    private func makeRoom(_ handle: inout RatedHandle) -> UInt32 {
        if handle.sizeClass == 0 {
            handle.sizeClass = 1
            handle.block = takeBlock(0)
            return IdentityMap.none
        }
        let old = columns(handle)
        let count = Int(handle.count)
        if count == Self.entriesMax {
            let wasRemoved = old.2[0] & Self.removedFlag != 0
            let dropped = wasRemoved ? IdentityMap.none : old.1[0]
            if wasRemoved { handle.removedCount -= 1 }
            old.0.update(from: old.0 + 1, count: count - 1)
            old.1.update(from: old.1 + 1, count: count - 1)
            old.2.update(from: old.2 + 1, count: count - 1)
            handle.count -= 1
            return dropped
        }
        let oldClass = Int(handle.sizeClass) - 1
        let oldBlock = handle.block
        handle.sizeClass += 1
        handle.block = takeBlock(oldClass + 1)
        let new = columns(handle)
        new.0.update(from: old.0, count: count)
        new.1.update(from: old.1, count: count)
        new.2.update(from: old.2, count: count)
        giveBack(oldBlock, oldClass)
        return IdentityMap.none
    }
}
