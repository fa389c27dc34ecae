import Learning
import VectorIndex

/// Lists for users: retrieve from the index without what the user has rated, rank, and say what stars are predicted.
///
/// Owned by the learner thread. Allocates nothing once its scratch has grown.
public final class Recommender {
    /// Users whose queries go to the index together.
    public static let usersPerSearch = 64

    public let learner: Learner
    public let index: any VectorIndex
    public let listLength: Int
    /// What the last call of `recommend` found: row `i` belongs to its i-th user.
    public let results: SearchResults

    private let queries: UnsafeMutablePointer<Float>
    private let vector: UnsafeMutablePointer<Float>
    private var exclusions: [UnsafeBufferPointer<UInt32>] = []
    /// Standing ratings of users who have removed some: their entries must be filtered.
    private var standing: [UInt32] = []
    private var standingRanges: [Range<Int>] = []

    /// - Throws: `IndexError` when `listLength` is beyond what the index answers.
    public init(learner: Learner, index: any VectorIndex, listLength: Int) throws {
        self.learner = learner
        self.index = index
        self.listLength = listLength
        results = SearchResults()
        queries = .allocate(capacity: Self.usersPerSearch * learner.model.dimension)
        vector = .allocate(capacity: learner.model.dimension)
        exclusions.reserveCapacity(Self.usersPerSearch)
        standing.reserveCapacity(4096)
        standingRanges.reserveCapacity(Self.usersPerSearch)
    }

    deinit {
        queries.deallocate()
        vector.deallocate()
    }

    /// Brings the index up to the model: upserts the movies whose vectors changed. Reads after this see all of it.
    public func refreshIndex() throws {
        for movie in learner.model.dirtyMovies { try upsert(movie) }
        learner.model.clearDirty()
    }

    /// Fills the index from the model's rows, after a restore.
    public func rebuildIndex() throws {
        index.removeAll()
        for movie in 0..<UInt32(learner.movies.count) { try upsert(movie) }
        learner.model.clearDirty()
    }

    /// A movie that was withdrawn leaves at once; one announced again comes back.
    public func catalogueChanged(_ movie: UInt32) throws {
        if learner.movies.pointer(movie).pointee.isWithdrawn != 0 {
            index.remove(item: movie)
        } else {
            try upsert(movie)
        }
    }

    private func upsert(_ movie: UInt32) throws {
        let row = learner.movies.pointer(movie).pointee
        if row.isWithdrawn != 0 { return }
        let offset = learner.model.item(movie, into: vector)
        try index.upsert(item: movie, id: row.id, vector: vector, offset: offset)
    }

    /// The stars predicted for a movie whose score is known, within what a rating can be.
    public func predictedRating(user: UInt32, movie: UInt32, score: Float) -> Float {
        min(5, max(0.5, learner.model.predictedStars(user: user, movie: movie, score: score)))
    }

    /// The best movies for up to `usersPerSearch` users, into `results`; the index must be fresh.
    public func recommend(_ users: UnsafeBufferPointer<UInt32>) throws {
        try recommend(users, length: listLength)
    }

    public func recommend(_ users: UnsafeBufferPointer<UInt32>, length: Int) throws {
        precondition(users.count <= Self.usersPerSearch)
        let dimension = learner.model.dimension
        exclusions.removeAll(keepingCapacity: true)
        standing.removeAll(keepingCapacity: true)
        standingRanges.removeAll(keepingCapacity: true)
        for at in 0..<users.count {
            let user = users[at]
            learner.model.query(user, into: queries + at * dimension)
            let handle = learner.users.pointer(user).pointee.rated
            let entries = learner.rated.entries(handle)
            if handle.removedCount == 0 {
                exclusions.append(entries.movieBuffer)
                standingRanges.append(0..<0)
            } else {
                let start = standing.count
                for entry in 0..<entries.count where entries.values[entry] & RatedMovies.removedFlag == 0 {
                    standing.append(entries.movies[entry])
                }
                exclusions.append(UnsafeBufferPointer(start: nil, count: 0))
                standingRanges.append(start..<standing.count)
            }
        }
        try standing.withUnsafeBufferPointer { standing in
            for at in 0..<users.count where !standingRanges[at].isEmpty {
                exclusions[at] = UnsafeBufferPointer(rebasing: standing[standingRanges[at]])
            }
            try exclusions.withUnsafeBufferPointer { exclusions in
                try index.search(
                    queries: queries, queryCount: users.count, k: length, exclusions: exclusions, into: results)
            }
        }
    }
}
