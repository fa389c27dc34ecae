import Events
import Learning

/// The users who get a list with the open commit, in the order in which they became due, each once.
///
/// Note is O(1) and allocates only when it grows.
public final class DueUsers {
    public struct Entry {
        /// The user's row; `IdentityMap.none` when he was forgotten since.
        public var user: UInt32
        /// The most telling of the reasons, see `precedence`.
        public var reason: ListReason
        /// Whether a list goes out even when it is unchanged: it answers a rating or a removal.
        public var isAnswer: Bool
        /// The newest event of the user in this commit, in the `CauseLog`.
        public var newestCause: Int32
        public var causeTotal: Int32
    }

    private struct Fields {
        var entries: UnsafeMutablePointer<Entry>
        var capacity: Int
        var count = 0
        /// By user row: the commit in which it became due, and its entry then.
        var stamps: UnsafeMutablePointer<UInt32>
        var slots: UnsafeMutablePointer<UInt32>
        var rowCapacity: Int
        var commit: UInt32 = 1
    }

    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use.
    private let fields: UnsafeMutablePointer<Fields>

    public init() {
        let entryCapacity = 1 << 14
        let rowCapacity = 1024
        fields = .allocate(capacity: 1)
        fields.initialize(
            to: Fields(
                entries: .allocate(capacity: entryCapacity), capacity: entryCapacity,
                stamps: .allocate(capacity: rowCapacity), slots: .allocate(capacity: rowCapacity),
                rowCapacity: rowCapacity))
        fields.pointee.stamps.initialize(repeating: 0, count: rowCapacity)
    }

    deinit {
        fields.pointee.entries.deallocate()
        fields.pointee.stamps.deallocate()
        fields.pointee.slots.deallocate()
        fields.deallocate()
    }

    public var count: Int { fields.pointee.count }

    /// Valid until the next change.
    public var entries: UnsafeBufferPointer<Entry> {
        UnsafeBufferPointer(start: fields.pointee.entries, count: fields.pointee.count)
    }

    /// Makes room for user rows below `rowCount`.
    public func reserve(_ rowCount: Int) {
        let known = fields.pointee.rowCapacity
        if rowCount <= known { return }
        let larger = max(rowCount, known * 2)
        let stamps = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        stamps.update(from: fields.pointee.stamps, count: known)
        (stamps + known).initialize(repeating: 0, count: larger - known)
        let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        slots.update(from: fields.pointee.slots, count: known)
        fields.pointee.stamps.deallocate()
        fields.pointee.slots.deallocate()
        fields.pointee.stamps = stamps
        fields.pointee.slots = slots
        fields.pointee.rowCapacity = larger
    }

    /// The newest cause noted for a user, to link the next one to.
    @inline(__always)
    public func newestCause(_ user: UInt32) -> Int32 {
        isDue(user) ? fields.pointee.entries[Int(fields.pointee.slots[Int(user)])].newestCause : CauseLog.none
    }

    @inline(__always)
    public func isDue(_ user: UInt32) -> Bool {
        assert(Int(user) < fields.pointee.rowCapacity)
        return fields.pointee.stamps[Int(user)] == fields.pointee.commit
    }

    /// Makes a user due, with the cause that was just appended to the log.
    @inline(__always)
    public func note(_ user: UInt32, _ reason: ListReason, isAnswer: Bool, cause: Int32) {
        if isDue(user) {
            let entry = fields.pointee.entries + Int(fields.pointee.slots[Int(user)])
            entry.pointee.newestCause = cause
            entry.pointee.causeTotal &+= 1
            if isAnswer { entry.pointee.isAnswer = true }
            if Self.precedence(reason) < Self.precedence(entry.pointee.reason) { entry.pointee.reason = reason }
            return
        }
        if fields.pointee.count == fields.pointee.capacity { grow() }
        let slot = fields.pointee.count
        fields.pointee.stamps[Int(user)] = fields.pointee.commit
        fields.pointee.slots[Int(user)] = UInt32(truncatingIfNeeded: slot)
        fields.pointee.entries[slot] = Entry(
            user: user, reason: reason, isAnswer: isAnswer, newestCause: cause, causeTotal: 1)
        fields.pointee.count = slot + 1
    }

    /// The user was forgotten: no list for him, and his row may come back as another user's.
    public func remove(_ user: UInt32) {
        guard Int(user) < fields.pointee.rowCapacity, isDue(user) else { return }
        fields.pointee.entries[Int(fields.pointee.slots[Int(user)])].user = IdentityMap.none
        fields.pointee.stamps[Int(user)] = 0
    }

    /// Starts the next commit.
    public func removeAll() {
        fields.pointee.count = 0
        fields.pointee.commit &+= 1
        if fields.pointee.commit == 0 {
            // Stamps of four billion commits ago would come true again.
            fields.pointee.stamps.update(repeating: 0, count: fields.pointee.rowCapacity)
            fields.pointee.commit = 1
        }
    }

    @inline(never)
    private func grow() {
        let larger = fields.pointee.capacity * 2
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: larger)
        entries.update(from: fields.pointee.entries, count: fields.pointee.count)
        fields.pointee.entries.deallocate()
        fields.pointee.entries = entries
        fields.pointee.capacity = larger
    }

    /// Of several reasons in one commit the list names what the user did himself before what happened around him.
    @inline(__always)
    static func precedence(_ reason: ListReason) -> Int {
        switch reason {
        case .rated: 0
        case .ratingRemoved: 1
        case .profileChanged: 2
        case .movieAdded: 3
        case .movieWithdrawn: 4
        }
    }
}
