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

    private let recommender: Recommender
    private let userMemory = BlendUserMemory()
    private let learner: Learner
    private let lists: PublishedLists
    private let listLength: Int
    private let movieVector: UnsafeMutablePointer<Float>
    private let queries: UnsafeMutablePointer<Float>
    private let thresholds: UnsafeMutablePointer<Float>
    private let found: UnsafeMutablePointer<UInt32>

    public init(recommender: Recommender, lists: PublishedLists) {
        self.recommender = recommender
        learner = recommender.learner
        self.lists = lists
        listLength = recommender.listLength
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
        let rest = rest(of: movie)
        for user in users {
            let at = user - users.lowerBound
            let row = UInt32(user)
            thresholds[at] = .infinity
            if lists.sequence(row) == 0 || !learner.users.isAlive(row) { continue }
            let profile = learner.users.pointer(row).pointee
            let query = queries + at * dimension
            learner.model.query(row, profile: profile, into: query)
            if lists.count(row) < listLength {
                thresholds[at] = -.infinity
                continue
            }
            let last = lists.lastScore(row)
            guard let least = leastLogit(movie, row, profile, last, rest) else {
                thresholds[at] = -.infinity
                continue
            }
            // The kernel sums in another order than what ranks, so it only sorts out who is below by more than both
            // orders' rounding: n ε ‖q‖ ‖m‖ each, by Cauchy–Schwarz.
            let norms = (mq_dot16(query, query, dimension) * movieSquare).squareRoot() + abs(offset)
            thresholds[at] = least - 4 * Float(dimension) * Float.ulpOfOne * norms
        }
        let count = mq_reverse_search(
            movieVector, offset, queries, dimension, dimension, thresholds, users.count, found)
        for index in 0..<count {
            let at = Int(found[index])
            let user = UInt32(users.lowerBound + at)
            if lists.count(user) >= listLength {
                let score = recommender.score(
                    user: user, query: queries + at * dimension, movie: movie, item: movieVector, offset: offset)
                if score <= lists.lastScore(user) { continue }
            }
            if learner.hasRated(user: user, movie: movie) { continue }
            touched(user)
        }
    }

    /// What the blend's score of a movie that was never rated has for all users at a stage; empty for others.
    private func rest(of movie: UInt32) -> [Float] {
        guard let blend = learner.model.blend, !blend.hasRatings(movie) else { return [] }
        return blend.restOfUnrated(movie)
    }

    /// The retrieval score below which the movie can't beat `last`, the last score of the user's list; nil when there is no
    /// telling, as of a movie that was rated before.
    private func leastLogit(
        _ movie: UInt32, _ user: UInt32, _ profile: UserRow, _ last: Float, _ rests: [Float]
    ) -> Float? {
        guard let blend = learner.model.blend else { return last }
        if rests.isEmpty { return nil }
        let blendUser = blend.user(user, profile: profile, ratingCount: Int(profile.rated.count), in: userMemory)
        let weight = blend.weights.weight(.logit, blendUser.stage)
        if weight <= 0 { return nil }
        let tastes = blend.tasteScores(blendUser, movie)
        let rest = rests[blendUser.stage] + tastes.own + tastes.profile
        // Far more than the rounding of either.
        let slack = 1e-5 * (1 + abs(last) + abs(rest))
        return (last - rest - slack) / weight
    }
}
