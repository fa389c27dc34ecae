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

    /// Takes the hit if it is among the best: a binary search and a move of the hits behind it.
    @inline(__always)
    mutating func insert(_ hit: Hit) {
        if isFull {
            guard hit.isBefore(hits[capacity - 1]) else { return }
        } else {
            count += 1
        }
        var place = 0
        var remaining = count - 1
        while remaining > 0 {
            let half = (remaining + 1) / 2
            place += hits[place + half - 1].isBefore(hit) ? half : 0
            remaining -= half
        }
        (hits + place + 1).update(from: hits + place, count: count - 1 - place)
        hits[place] = hit
    }
}
