import Events
import Learning
import VectorIndex

/// Lists for users: retrieve from the index without what the user has rated, rank by the model's blend if it has one, and
/// say what stars are predicted.
///
/// Owned by the learner thread. Allocates nothing once its scratch has grown.
public final class Recommender {
    /// Most users whose lists are made at once.
    public static let usersMax = ListMakers.usersMax

    /// Who has rated what, and which movies there are.
    public let learner: Learner
    /// What ranks and predicts: the learner's own, or a copy that stands still.
    public let model: any OnlineModel
    public let index: any VectorIndex
    public let listLength: Int
    /// What the last call of `recommend` found: row `i` belongs to its i-th user.
    public let results = RankedLists(userCapacity: usersMax)

    /// For a model with a blend.
    private let makers: ListMakers?
    /// For one without.
    private let hits = SearchResults()
    private let queries: UnsafeMutablePointer<Float>
    private let vector: UnsafeMutablePointer<Float>
    private var exclusions: [UnsafeBufferPointer<UInt32>] = []
    /// Standing ratings of users who have removed some: their entries must be filtered.
    private var standing: [UInt32] = []
    private var standingRanges: [Range<Int>] = []

    /// - Parameters:
    ///   - model: The learner's, if nil.
    ///   - scope: Of what a model with a blend lists the best.
    /// - Throws: `IndexError` when `listLength` is beyond what the index answers.
    public init(
        learner: Learner, model other: (any OnlineModel)? = nil, index: any VectorIndex, listLength: Int,
        candidates scope: CandidateScope = .retrieved
    ) throws {
        let model = other ?? learner.model
        self.learner = learner
        self.model = model
        self.index = index
        self.listLength = listLength
        makers = model.blend.map { [results] in
            ListMakers(blend: $0, learner: learner, scope: scope, results: results)
        }
        queries = .allocate(capacity: Self.usersMax * model.dimension)
        vector = .allocate(capacity: model.dimension)
        exclusions.reserveCapacity(Self.usersMax)
        standing.reserveCapacity(4096)
        standingRanges.reserveCapacity(Self.usersMax)
    }

    deinit {
        queries.deallocate()
        vector.deallocate()
    }

    /// What there is to say about the index.
    public var indexFigures: IndexFigures {
        IndexFigures(
            isPartitioned: index.design == .partitioned, rows: index.count, bytes: index.byteCount,
            liveRecall: index.liveRecall)
    }

    /// Brings the index up to the model: upserts the movies whose vectors changed. Reads after this see all of it.
    public func refreshIndex() throws {
        for movie in model.dirtyMovies { try upsert(movie) }
        model.clearDirty()
    }

    /// Fills the index from the model's rows, after a restore.
    public func rebuildIndex() throws {
        index.removeAll()
        for movie in 0..<UInt32(learner.movies.count) { try upsert(movie) }
        model.clearDirty()
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
        if row.isWithdrawn != 0 {
            index.remove(item: movie)
            return
        }
        let offset = model.item(movie, into: vector)
        try index.upsert(item: movie, id: row.id, vector: vector, offset: offset)
    }

    /// The stars predicted for a movie whose score is known, within what a rating can be.
    public func predictedRating(user: UInt32, movie: UInt32, score: Float) -> Float {
        let profile = learner.users.pointer(user).pointee
        let stars = model.predictedStars(user: user, profile: profile, movie: movie, score: score)
        return min(5, max(0.5, stars))
    }

    /// The stars predicted for a pair, unclipped.
    public func predictedStars(user: UInt32, movie: UInt32) -> Float {
        let profile = learner.users.pointer(user).pointee
        model.query(user, profile: profile, into: queries)
        var score = model.item(movie, into: vector)
        for place in 0..<model.dimension { score += queries[place] * vector[place] }
        return model.predictedStars(user: user, profile: profile, movie: movie, score: score)
    }

    /// Calls `body` with each item of the list at `place`, which is the user's: what it is and, if that was
    /// wanted, what speaks for it.
    @inline(__always)
    public func forEachItem(
        of user: UInt32, place: Int,
        _ body: (_ rank: Int, _ item: ListedItem, _ explainedBy: UnsafeBufferPointer<Int64>) -> Void
    ) {
        let (items, ids, scores) = (results.items(of: place), results.ids(of: place), results.scores(of: place))
        for at in 0..<items.count {
            let item = ListedItem(
                movie: items[at], movieID: ids[at], score: scores[at],
                predictedRating: predictedRating(user: user, movie: items[at], score: scores[at]),
                explanation: results.explanation(place, item: at))
            body(at + 1, item, results.named(place, item: at))
        }
    }

    /// The score with which a movie would stand in the user's list now, bit by bit.
    public func score(
        user: UInt32, query: UnsafePointer<Float>, movie: UInt32, item: UnsafePointer<Float>, offset: Float
    ) -> Float {
        if let makers { return makers.score(user: user, movie: movie) }
        // The index's: fma over the coordinates in ascending order, then the offset.
        var sum: Float = 0
        for index in 0..<model.dimension { sum = sum.addingProduct(item[index], query[index]) }
        return sum + offset
    }

    /// The best movies for up to `usersMax` users, into `results`; the index must be fresh.
    ///
    /// - Parameters:
    ///   - length: Of the lists; `listLength` if nil.
    ///   - isExplained: Whether to find what speaks for each item; models without a blend explain nothing.
    public func recommend(
        _ users: UnsafeBufferPointer<UInt32>, length: Int? = nil, isExplained: Bool = false
    ) throws {
        let length = length ?? listLength
        precondition(users.count <= Self.usersMax)
        let dimension = model.dimension
        exclusions.removeAll(keepingCapacity: true)
        standing.removeAll(keepingCapacity: true)
        standingRanges.removeAll(keepingCapacity: true)
        for at in 0..<users.count {
            let user = users[at]
            let row = learner.users.pointer(user).pointee
            model.query(user, profile: row, into: queries + at * dimension)
            let handle = row.rated
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
            results.prepare(userCount: users.count, length: length)
            try exclusions.withUnsafeBufferPointer { exclusions in
                if let makers {
                    let request = ListMakers.Request(
                        users: users, exclusions: exclusions, length: length, isExplained: isExplained)
                    let candidates = BlendRanker.indexCandidates(length: length)
                    try makers.make(request) { try search($0, candidates, exclusions, into: $1) }
                } else {
                    try search(0..<users.count, length, exclusions, into: hits)
                    takeHits(userCount: users.count)
                }
            }
        }
    }

    /// Finds the best of the index for users at some places.
    private func search(
        _ places: Range<Int>, _ count: Int, _ exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>,
        into hits: SearchResults
    ) throws {
        try index.search(
            queries: queries + places.lowerBound * model.dimension, queryCount: places.count, k: count,
            exclusions: UnsafeBufferPointer(rebasing: exclusions[places]), into: hits)
    }

    /// What the index found is the list.
    private func takeHits(userCount: Int) {
        for place in 0..<userCount {
            let (items, ids, scores) = (hits.items(of: place), hits.ids(of: place), hits.scores(of: place))
            for at in 0..<items.count { results.append(place, item: items[at], id: ids[at], score: scores[at]) }
        }
    }
}

/// One item of a list, as it is published.
public struct ListedItem {
    public var movie: UInt32
    public var movieID: Int64
    public var score: Float
    /// Stars.
    public var predictedRating: Float
    public var explanation: ExplanationKind?
}
