/// The lists of some users, best first: made once and filled again and again.
public final class RankedLists {
    /// Most users.
    let userCapacity: Int
    private var length = 0
    private var capacity = 0
    private let counts: UnsafeMutablePointer<Int>
    private var itemColumn: UnsafeMutablePointer<UInt32>
    private var idColumn: UnsafeMutablePointer<Int64>
    private var scoreColumn: UnsafeMutablePointer<Float>
    private var userCount = 0

    init(userCapacity: Int) {
        self.userCapacity = userCapacity
        counts = .allocate(capacity: userCapacity)
        itemColumn = .allocate(capacity: 0)
        idColumn = .allocate(capacity: 0)
        scoreColumn = .allocate(capacity: 0)
    }

    deinit {
        counts.deallocate()
        itemColumn.deallocate()
        idColumn.deallocate()
        scoreColumn.deallocate()
    }

    /// Makes room for empty lists.
    func prepare(userCount: Int, length: Int) {
        precondition(userCount <= userCapacity)
        self.userCount = userCount
        self.length = length
        counts.update(repeating: 0, count: userCount)
        if length <= capacity { return }
        capacity = length
        itemColumn.deallocate()
        idColumn.deallocate()
        scoreColumn.deallocate()
        itemColumn = .allocate(capacity: userCapacity * length)
        idColumn = .allocate(capacity: userCapacity * length)
        scoreColumn = .allocate(capacity: userCapacity * length)
    }

    /// Appends to the list of the user at `place`.
    @inline(__always)
    func append(_ place: Int, item: UInt32, id: Int64, score: Float) {
        assert(place < userCount && counts[place] < length)
        let at = place * length + counts[place]
        itemColumn[at] = item
        idColumn[at] = id
        scoreColumn[at] = score
        counts[place] += 1
    }

    /// Length of the list of the user at `place`.
    public func count(of place: Int) -> Int {
        precondition(place >= 0 && place < userCount)
        return counts[place]
    }

    /// Movie rows.
    public func items(of place: Int) -> UnsafeBufferPointer<UInt32> {
        UnsafeBufferPointer(start: itemColumn + place * length, count: count(of: place))
    }

    public func ids(of place: Int) -> UnsafeBufferPointer<Int64> {
        UnsafeBufferPointer(start: idColumn + place * length, count: count(of: place))
    }

    public func scores(of place: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: scoreColumn + place * length, count: count(of: place))
    }
}
