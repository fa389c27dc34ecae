/// The most popular movies of late, best first: kept in order while likes come in.
///
/// All popularity decays alike, so a movie rises only by its own likes, and the order of the others stays. A like costs two
/// binary searches and a move of the movies that are passed. No part of the state: it follows from the tallies.
public final class PopularMovies {
    public static let countMax = 1000

    private let tallies: MovieTallies
    /// Movie rows and their popularity in the tallies' unit: popularity descending, of equal ones the smaller row first.
    private let rows: UnsafeMutablePointer<UInt32>
    private let keys: UnsafeMutablePointer<Float>
    /// Behind a pointer, as it is used once a like.
    private let counter: UnsafeMutablePointer<Int>

    init(_ tallies: MovieTallies) {
        self.tallies = tallies
        rows = .allocate(capacity: Self.countMax)
        keys = .allocate(capacity: Self.countMax)
        counter = .allocate(capacity: 1)
        counter.initialize(to: 0)
    }

    deinit {
        rows.deallocate()
        keys.deallocate()
        counter.deallocate()
    }

    /// Movie rows, the most popular first; never one without any. Valid until the next like.
    public var movies: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: rows, count: counter.pointee) }

    func removeAll() { counter.pointee = 0 }

    /// The first place at which (key, row) may stand.
    @inline(__always)
    private func place(_ key: Float, _ row: UInt32) -> Int {
        var (low, high) = (0, counter.pointee)
        while low < high {
            let middle = (low + high) / 2
            let isBefore = keys[middle] != key ? keys[middle] > key : rows[middle] < row
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The movie has been liked, or has come with a credit; its popularity was another before.
    func rose(_ movie: UInt32, from old: Float) {
        let key = tallies.tally(movie).pointee.popularity
        if key == 0 { return }
        var end = place(old, movie)
        if end == counter.pointee || rows[end] != movie {
            // New among them.
            if counter.pointee < Self.countMax {
                counter.pointee += 1
            } else if place(key, movie) == counter.pointee {
                return
            }
            end = counter.pointee - 1
        }
        let start = min(end, place(key, movie))
        (rows + start + 1).update(from: rows + start, count: end - start)
        (keys + start + 1).update(from: keys + start, count: end - start)
        rows[start] = movie
        keys[start] = key
    }

    /// Takes a movie out; true when there was no room for others, so that one may be missing now.
    func remove(_ movie: UInt32) -> Bool {
        guard let at = movies.firstIndex(of: movie) else { return false }
        let count = counter.pointee
        (rows + at).update(from: rows + at + 1, count: count - at - 1)
        (keys + at).update(from: keys + at + 1, count: count - at - 1)
        counter.pointee = count - 1
        return count == Self.countMax
    }

    /// All tallies were made less: what was next to nothing may have become nothing, or equal.
    func broughtDown() {
        let count = counter.pointee
        counter.pointee = 0
        for at in 0..<count {
            let (movie, key) = (rows[at], tallies.tally(rows[at]).pointee.popularity)
            if key == 0 { continue }
            let start = place(key, movie)
            (rows + start + 1).update(from: rows + start, count: counter.pointee - start)
            (keys + start + 1).update(from: keys + start, count: counter.pointee - start)
            rows[start] = movie
            keys[start] = key
            counter.pointee += 1
        }
    }

    /// Orders all movies anew, after a restore.
    func rebuild() {
        let liked = (0..<UInt32(tallies.count)).filter { tallies.tally($0).pointee.popularity > 0 }
        let sorted = liked.sorted {
            let (left, right) = (tallies.tally($0).pointee.popularity, tallies.tally($1).pointee.popularity)
            return left != right ? left > right : $0 < $1
        }
        counter.pointee = min(sorted.count, Self.countMax)
        for at in 0..<counter.pointee {
            rows[at] = sorted[at]
            keys[at] = tallies.tally(sorted[at]).pointee.popularity
        }
    }
}
