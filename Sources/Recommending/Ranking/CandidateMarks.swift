import Learning

/// Which movies may enter one user's list still, and his transitions to them: columns by movie row that are used for one
/// user after the other.
struct CandidateMarks: ~Copyable {
    /// Sums of transitions; zero between two users.
    private(set) var sums: UnsafeMutablePointer<Float>
    /// The movies that have any.
    let touched: UnsafeMutablePointer<UInt32>
    /// The number of the user for whom a movie was last excluded or added: so nothing is cleared between two.
    private var stamps: UnsafeMutablePointer<UInt32>
    private var stamp: UInt32 = 0
    private var movieCapacity = 0

    init() {
        sums = .allocate(capacity: 0)
        stamps = .allocate(capacity: 0)
        touched = .allocate(capacity: Blend.transitionsMax)
    }

    deinit {
        sums.deallocate()
        stamps.deallocate()
        touched.deallocate()
    }

    /// Begins with a user: nothing is excluded.
    mutating func begin(movieCount: Int) {
        if movieCount > movieCapacity || stamp == .max {
            movieCapacity = max(movieCount, 2 * movieCapacity, 4096)
            sums.deallocate()
            sums = .allocate(capacity: movieCapacity)
            sums.initialize(repeating: 0, count: movieCapacity)
            stamps.deallocate()
            stamps = .allocate(capacity: movieCapacity)
            stamps.initialize(repeating: 0, count: movieCapacity)
            stamp = 0
        }
        stamp += 1
    }

    mutating func exclude(_ rated: UnsafeBufferPointer<UInt32>) { for movie in rated { stamps[Int(movie)] = stamp } }

    /// Whether a movie is excluded, or marked.
    @inline(__always)
    func isMarked(_ movie: UInt32) -> Bool { stamps[Int(movie)] == stamp }

    /// Marks a movie; false when it is excluded, or marked already.
    @inline(__always)
    mutating func mark(_ movie: UInt32) -> Bool {
        if isMarked(movie) { return false }
        stamps[Int(movie)] = stamp
        return true
    }
}
