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

    public private(set) var entries: [Entry] = []
    /// By user row: the commit in which it became due, and its entry then.
    private var stamps: [UInt32] = []
    private var slots: [UInt32] = []
    private var commit: UInt32 = 1

    public init() { entries.reserveCapacity(1 << 14) }

    public var count: Int { entries.count }

    /// Makes room for user rows below `rowCount`.
    public func reserve(_ rowCount: Int) {
        if rowCount <= stamps.count { return }
        let larger = max(rowCount, stamps.count * 2, 1024)
        stamps.append(contentsOf: repeatElement(0, count: larger - stamps.count))
        slots.append(contentsOf: repeatElement(0, count: larger - slots.count))
    }

    /// The newest cause noted for a user, to link the next one to.
    @inline(__always)
    public func newestCause(_ user: UInt32) -> Int32 {
        isDue(user) ? entries[Int(slots[Int(user)])].newestCause : CauseLog.none
    }

    @inline(__always)
    public func isDue(_ user: UInt32) -> Bool { stamps[Int(user)] == commit }

    /// Makes a user due, with the cause that was just appended to the log.
    @inline(__always)
    public func note(_ user: UInt32, _ reason: ListReason, isAnswer: Bool, cause: Int32) {
        if stamps[Int(user)] == commit {
            let slot = Int(slots[Int(user)])
            entries[slot].newestCause = cause
            entries[slot].causeTotal &+= 1
            if isAnswer { entries[slot].isAnswer = true }
            if Self.precedence(reason) < Self.precedence(entries[slot].reason) { entries[slot].reason = reason }
            return
        }
        stamps[Int(user)] = commit
        slots[Int(user)] = UInt32(truncatingIfNeeded: entries.count)
        entries.append(Entry(user: user, reason: reason, isAnswer: isAnswer, newestCause: cause, causeTotal: 1))
    }

    /// The user was forgotten: no list for him, and his row may come back as another user's.
    public func remove(_ user: UInt32) {
        guard Int(user) < stamps.count, isDue(user) else { return }
        entries[Int(slots[Int(user)])].user = IdentityMap.none
        stamps[Int(user)] = 0
    }

    /// Starts the next commit.
    public func removeAll() {
        entries.removeAll(keepingCapacity: true)
        commit &+= 1
        if commit == 0 {
            // Stamps of four billion commits ago would come true again.
            for row in stamps.indices { stamps[row] = 0 }
            commit = 1
        }
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
