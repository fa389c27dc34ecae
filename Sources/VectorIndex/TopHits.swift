/// One row that a query found.
struct Hit: BitwiseCopyable {
    var score: Float
    var item: UInt32
    var id: Int64

    /// Whether it stands before `other` in a result.
    @inline(__always)
    func isBefore(_ other: Hit) -> Bool {
        if score != other.score { return score > other.score }
        if id != other.id { return id < other.id }
        return item < other.item
    }
}

/// The best hits of one query so far, best first, in memory of the caller.
struct TopHits: BitwiseCopyable {
    let hits: UnsafeMutablePointer<Hit>
    let capacity: Int
    var count = 0

    init(hits: UnsafeMutablePointer<Hit>, capacity: Int) {
        self.hits = hits
        self.capacity = capacity
    }

    var isFull: Bool { count == capacity }

    /// The score that a further hit must reach.
    var threshold: Float { isFull ? hits[capacity - 1].score : -.infinity }

    /// Takes the hit if it is among the best: O(capacity), and few hits come this far.
    @inline(__always)
    mutating func insert(_ hit: Hit) {
        var place = count
        if isFull {
            guard hit.isBefore(hits[place - 1]) else { return }
            place -= 1
        } else {
            count += 1
        }
        while place > 0, hit.isBefore(hits[place - 1]) {
            hits[place] = hits[place - 1]
            place -= 1
        }
        hits[place] = hit
    }
}
