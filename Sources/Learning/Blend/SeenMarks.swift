/// A mark on each movie that one user has rated, to look up many movies at once: one byte a movie.
///
/// It keeps the marks of the user it was asked for last, and adds what came since; so a user's ratings that follow each
/// other cost one mark each.
final class SeenMarks {
    private struct Fields {
        var marks: UnsafeMutablePointer<UInt8>
        var capacity: Int
        var user = IdentityMap.none
        /// How many of the user's entries are marked.
        var marked = 0
    }
    /// Behind a pointer, as it is used once an event.
    private let fields: UnsafeMutablePointer<Fields>

    init() {
        fields = .allocate(capacity: 1)
        fields.initialize(to: Fields(marks: .allocate(capacity: 0), capacity: 0))
    }

    deinit {
        fields.pointee.marks.deallocate()
        fields.deallocate()
    }

    /// Makes room for movies below `count`; between two batches, when nobody is marked.
    func reserve(_ count: Int) {
        precondition(fields.pointee.user == IdentityMap.none)
        if count <= fields.pointee.capacity { return }
        let capacity = max(count, fields.pointee.capacity * 2, 4096)
        fields.pointee.marks.deallocate()
        fields.pointee.marks = .allocate(capacity: capacity)
        fields.pointee.marks.initialize(repeating: 0, count: capacity)
        fields.pointee.capacity = capacity
    }

    /// By movie row: not 0 where it is among the first `count` entries of the user.
    @inline(__always)
    func marks(of user: UInt32, entries: UnsafeBufferPointer<UInt32>, count: Int) -> UnsafeMutablePointer<UInt8> {
        let marks = fields.pointee.marks
        if fields.pointee.user != user {
            clear()
            fields.pointee.user = user
        }
        let known = fields.pointee.marked
        if count > known {
            for at in known..<count { marks[Int(entries[at])] = 1 }
            fields.pointee.marked = count
        }
        lastEntries = entries
        return marks
    }

    private var lastEntries = UnsafeBufferPointer<UInt32>(start: nil, count: 0)

    /// Takes all marks away; before anything is done to anybody's entries.
    func clear() {
        for at in 0..<fields.pointee.marked { fields.pointee.marks[Int(lastEntries[at])] = 0 }
        fields.pointee.marked = 0
        fields.pointee.user = IdentityMap.none
        lastEntries = UnsafeBufferPointer(start: nil, count: 0)
    }
}
