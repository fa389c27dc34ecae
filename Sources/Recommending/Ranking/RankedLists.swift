import Events

/// The lists of some users, best first: made once and filled again and again. After `prepare`, two threads may fill lists at
/// different places.
public final class RankedLists {
    /// Most users.
    let userCapacity: Int
    private var length = 0
    private var capacity = 0
    private let counts: UnsafeMutablePointer<Int>
    private var itemColumn: UnsafeMutablePointer<UInt32>
    private var idColumn: UnsafeMutablePointer<Int64>
    private var scoreColumn: UnsafeMutablePointer<Float>
    private var kindColumn: UnsafeMutablePointer<ExplanationKind?>
    /// `[items][Explainer.namedMax]`.
    private var namedColumn: UnsafeMutablePointer<Int64>
    private var namedCountColumn: UnsafeMutablePointer<UInt8>
    private var userCount = 0

    init(userCapacity: Int) {
        self.userCapacity = userCapacity
        counts = .allocate(capacity: userCapacity)
        itemColumn = .allocate(capacity: 0)
        idColumn = .allocate(capacity: 0)
        scoreColumn = .allocate(capacity: 0)
        kindColumn = .allocate(capacity: 0)
        namedColumn = .allocate(capacity: 0)
        namedCountColumn = .allocate(capacity: 0)
    }

    deinit {
        counts.deallocate()
        deallocateColumns()
    }

    private func deallocateColumns() {
        itemColumn.deallocate()
        idColumn.deallocate()
        scoreColumn.deallocate()
        kindColumn.deallocate()
        namedColumn.deallocate()
        namedCountColumn.deallocate()
    }

    /// Makes room for empty lists.
    func prepare(userCount: Int, length: Int) {
        precondition(userCount <= userCapacity)
        self.userCount = userCount
        self.length = length
        counts.update(repeating: 0, count: userCount)
        if length <= capacity { return }
        capacity = length
        deallocateColumns()
        itemColumn = .allocate(capacity: userCapacity * length)
        idColumn = .allocate(capacity: userCapacity * length)
        scoreColumn = .allocate(capacity: userCapacity * length)
        kindColumn = .allocate(capacity: userCapacity * length)
        kindColumn.initialize(repeating: nil, count: userCapacity * length)
        namedColumn = .allocate(capacity: userCapacity * length * Explainer.namedMax)
        namedCountColumn = .allocate(capacity: userCapacity * length)
    }

    /// Appends to the list of the user at `place`.
    @inline(__always)
    func append(_ place: Int, item: UInt32, id: Int64, score: Float) {
        assert(place < userCount && counts[place] < length)
        let at = place * length + counts[place]
        itemColumn[at] = item
        idColumn[at] = id
        scoreColumn[at] = score
        kindColumn[at] = nil
        namedCountColumn[at] = 0
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

    /// What speaks for an item of the user at `place`, and the ids of movies that are named for it.
    func explain(_ place: Int, item: Int, _ kind: ExplanationKind, named: [Int64]) {
        let at = place * length + item
        kindColumn[at] = kind
        namedCountColumn[at] = UInt8(named.count)
        for (number, id) in named.enumerated() { namedColumn[at * Explainer.namedMax + number] = id }
    }

    /// Nil where nothing was explained.
    func explanation(_ place: Int, item: Int) -> ExplanationKind? { kindColumn[place * length + item] }

    func named(_ place: Int, item: Int) -> UnsafeBufferPointer<Int64> {
        let at = place * length + item
        return UnsafeBufferPointer(start: namedColumn + at * Explainer.namedMax, count: Int(namedCountColumn[at]))
    }
}
