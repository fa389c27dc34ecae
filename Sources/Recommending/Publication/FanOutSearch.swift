import CVectorKernels
import Learning

/// Finds the users whose last published list a movie touches.
///
/// MOVIE_ADDED: users whose score for the movie beats the last score of their list, or whose list is shorter than it
/// could be; nobody without a list, nobody who has rated the movie. MOVIE_WITHDRAWN: users whose list holds it.
/// O(users × dimension), in runs of users so that a caller can stop between them.
public final class FanOutSearch {
    /// Users looked at in one go.
    public static let usersPerRun = 256

    private let learner: Learner
    private let lists: PublishedLists
    private let listLength: Int
    private let movieVector: UnsafeMutablePointer<Float>
    private let queries: UnsafeMutablePointer<Float>
    private let thresholds: UnsafeMutablePointer<Float>
    private let found: UnsafeMutablePointer<UInt32>

    public init(learner: Learner, lists: PublishedLists, listLength: Int) {
        self.learner = learner
        self.lists = lists
        self.listLength = listLength
        let dimension = learner.model.dimension
        movieVector = .allocate(capacity: dimension)
        queries = .allocate(capacity: Self.usersPerRun * dimension)
        thresholds = .allocate(capacity: Self.usersPerRun)
        found = .allocate(capacity: Self.usersPerRun)
    }

    deinit {
        movieVector.deallocate()
        queries.deallocate()
        thresholds.deallocate()
        found.deallocate()
    }

    /// Looks at the next users of a fan-out, moves it on, and calls `touched` with each user found, in row order.
    /// Returns false when all users have been looked at.
    public func advance(_ fanOut: inout FanOut, _ touched: (UInt32) -> Void) -> Bool {
        let first = fanOut.nextUser
        let end = min(Int(first) + Self.usersPerRun, learner.users.rowCount, lists.rowCount)
        if Int(first) >= end { return false }
        switch fanOut.kind {
        case .added: searchAdded(fanOut.movie, Int(first)..<end, touched)
        case .withdrawn: searchWithdrawn(fanOut.movie, Int(first)..<end, touched)
        }
        fanOut.nextUser = UInt32(end)
        return end < min(learner.users.rowCount, lists.rowCount)
    }

    private func searchWithdrawn(_ movie: UInt32, _ users: Range<Int>, _ touched: (UInt32) -> Void) {
        for user in users {
            let user = UInt32(user)
            let list = lists.movies(user)
            if list.isEmpty || !learner.users.isAlive(user) { continue }
            if mq_find_u32(list.baseAddress, list.count, movie) >= 0 { touched(user) }
        }
    }

    private func searchAdded(_ movie: UInt32, _ users: Range<Int>, _ touched: (UInt32) -> Void) {
        let dimension = learner.model.dimension
        let offset = learner.model.item(movie, into: movieVector)
        if learner.movies.pointer(movie).pointee.isWithdrawn != 0 { return }
        let movieSquare = mq_dot16(movieVector, movieVector, dimension)
        for user in users {
            let at = user - users.lowerBound
            let row = UInt32(user)
            thresholds[at] = .infinity
            if lists.sequence(row) == 0 || !learner.users.isAlive(row) { continue }
            learner.model.query(row, into: queries + at * dimension)
            let last = lists.lastScore(row)
            // The kernel sums in another order than the index, so it only sorts out who is below by more than both
            // orders' rounding: n ε ‖q‖ ‖m‖ each, by Cauchy–Schwarz.
            let query = queries + at * dimension
            let norms = (mq_dot16(query, query, dimension) * movieSquare).squareRoot() + abs(offset)
            let slack = 4 * Float(dimension) * Float.ulpOfOne * norms
            thresholds[at] = lists.count(row) < listLength ? -.infinity : last - slack
        }
        let count = mq_reverse_search(
            movieVector, offset, queries, dimension, dimension, thresholds, users.count, found)
        for index in 0..<count {
            let at = Int(found[index])
            let user = UInt32(users.lowerBound + at)
            if lists.count(user) >= listLength {
                let score = Self.score(queries + at * dimension, movieVector, dimension, offset)
                if score <= lists.lastScore(user) { continue }
            }
            if learner.hasRated(user: user, movie: movie) { continue }
            touched(user)
        }
    }

    /// The index's score, bit by bit: fma over the coordinates in ascending order, then the offset.
    public static func score(
        _ query: UnsafePointer<Float>, _ item: UnsafePointer<Float>, _ dimension: Int, _ offset: Float
    ) -> Float {
        var sum: Float = 0
        for index in 0..<dimension { sum = sum.addingProduct(item[index], query[index]) }
        return sum + offset
    }
}
