import CVectorKernels
import Learning
import VectorIndex

/// Which movies are ranked for a list.
public enum CandidateScope: String, CaseIterable, Sendable {
    /// Some hundreds: the best of the index, what was liked most after the user's last likes, the popular and the newest.
    case retrieved
    /// All, O(movies) a list: to see what the others are worth.
    case catalogue
}

/// Ranks a user's candidates by the blend: the best of the index, what was liked most after his last likes, the popular and the
/// newest.
///
/// O(candidates × dimension) a user, whatever the size of the catalogue. Used by one thread at a time; allocates nothing
/// once its scratch has grown.
final class BlendRanker {
    /// How many the index is asked for: more brought nothing but work, as the blend hardly ever lifts a movie from so far down
    /// into a list. A long list needs more, so that it is chosen and not just what was found.
    static func indexCandidates(length: Int) -> Int { min(indexCandidatesMax, max(64, 2 * length)) }
    private static let indexCandidatesMax = IndexLimits.resultCountMax
    /// About how many of those that he has transitions to are looked at, the strongest; where many are equally strong, more.
    private static func transitionCandidates(length: Int) -> Int { max(64, length) }
    /// How many of the popular are looked at that the user has not rated.
    static let popularCandidates = 50
    /// The newest movies of the catalogue are always looked at: the index hardly knows them, and nobody has transitions to
    /// them.
    static let newestCandidates = 64

    private let blend: Blend
    private let learner: Learner
    private let scope: CandidateScope
    private let userMemory = BlendUserMemory()
    private var candidates = CandidateMarks()
    private var columns = BlendColumns(
        capacity: indexCandidatesMax + popularCandidates + newestCandidates + Blend.transitionsMax)
    private var found: UnsafeMutablePointer<UInt32>
    /// Of the movies that a user has transitions to, padded for the kernels.
    private let transitionSums: UnsafeMutablePointer<Float>
    private var best: [Ranked] = []

    private struct Ranked {
        var score: Float
        var id: Int64
        var movie: UInt32

        func isBefore(_ other: Ranked) -> Bool { score != other.score ? score > other.score : id < other.id }
    }

    init(blend: Blend, learner: Learner, scope: CandidateScope = .retrieved) {
        self.blend = blend
        self.learner = learner
        self.scope = scope
        found = .allocate(capacity: columns.capacity)
        transitionSums = .allocate(capacity: Self.padded(Blend.transitionsMax))
        best.reserveCapacity(256)
    }

    deinit {
        found.deallocate()
        transitionSums.deallocate()
    }

    private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// Ranks for the user at `place`.
    ///
    /// - Parameters:
    ///   - hits: The best of the index for him, without what he has rated.
    ///   - rated: What must not be listed.
    func rank(
        user: UInt32, hits: UnsafeBufferPointer<UInt32>, rated: UnsafeBufferPointer<UInt32>, length: Int, place: Int,
        into lists: RankedLists
    ) {
        columns.removeAll()
        candidates.begin(movieCount: learner.movies.count)
        candidates.exclude(rated)
        let touched = blend.gatherTransitions(of: user, into: candidates.sums, touched: candidates.touched)
        switch scope {
        case .retrieved: addRetrieved(hits, touched, length, &candidates, columns)
        case .catalogue: addCatalogue()
        }
        score(user)
        for at in 0..<touched { candidates.sums[Int(candidates.touched[at])] = 0 }
        select(length, place, lists)
    }

    /// The marks come as an argument, because a stored property of a class is checked for exclusive access at each use.
    private func addRetrieved(
        _ hits: UnsafeBufferPointer<UInt32>, _ touched: Int, _ length: Int, _ candidates: inout CandidateMarks,
        _ columns: BlendColumns
    ) {
        for movie in hits where candidates.mark(movie) { columns.add(movie) }
        addTransitions(touched, Self.transitionCandidates(length: length), &candidates, columns)
        var popular = 0
        for movie in blend.popular.movies {
            if popular == Self.popularCandidates { break }
            if !isListed(movie) || !candidates.mark(movie) { continue }
            columns.add(movie)
            popular += 1
        }
        // A copy that stands still does not know those that came since.
        let movieCount = UInt32(blend.movieCount)
        for movie in (movieCount - min(movieCount, UInt32(Self.newestCandidates)))..<movieCount {
            if isListed(movie), candidates.mark(movie) { columns.add(movie) }
        }
    }

    /// The movies that have the largest sums of transitions. The others are the most, and hardly ever come into a list.
    private func addTransitions(
        _ touched: Int, _ most: Int, _ candidates: inout CandidateMarks, _ columns: BlendColumns
    ) {
        var count = 0
        for at in 0..<touched {
            let movie = candidates.touched[at]
            if candidates.isMarked(movie) || !isListed(movie) { continue }
            found[count] = movie
            transitionSums[count] = candidates.sums[Int(movie)]
            count += 1
        }
        var bound: Float = 0
        if count > most {
            let padded = Self.padded(count)
            for at in count..<padded { transitionSums[at] = -.infinity }
            bound = mq_kernels().pointee.kth_bound(transitionSums, padded, most)
        }
        for at in 0..<count where transitionSums[at] >= bound && candidates.mark(found[at]) { columns.add(found[at]) }
    }

    private func addCatalogue() {
        if blend.movieCount > columns.capacity {
            columns = BlendColumns(capacity: 2 * blend.movieCount)
            found.deallocate()
            found = .allocate(capacity: columns.capacity)
        }
        for movie in 0..<UInt32(blend.movieCount) where isListed(movie) { add(movie) }
    }

    @inline(__always)
    private func add(_ movie: UInt32) { if candidates.mark(movie) { columns.add(movie) } }

    private func isListed(_ movie: UInt32) -> Bool { learner.movies.pointer(movie).pointee.isWithdrawn == 0 }

    /// The blend's score of one movie, bit by bit as in a list.
    func score(user: UInt32, movie: UInt32) -> Float {
        columns.removeAll()
        candidates.begin(movieCount: learner.movies.count)
        add(movie)
        let touched = blend.gatherTransitions(of: user, into: candidates.sums, touched: candidates.touched)
        score(user)
        for at in 0..<touched { candidates.sums[Int(candidates.touched[at])] = 0 }
        return columns.scores[0]
    }

    /// Scores all candidates.
    private func score(_ user: UInt32) {
        let row = learner.users.pointer(user).pointee
        let blendUser = blend.user(user, profile: row, ratingCount: Int(row.rated.count), in: userMemory)
        for at in 0..<columns.count { columns.transitionSums[at] = candidates.sums[Int(columns.movies[at])] }
        blend.score(columns, blendUser)
        for at in columns.count..<columns.paddedCount { columns.scores[at] = -.infinity }
    }

    /// The best: score descending, of equal scores the smaller id first.
    private func select(_ length: Int, _ place: Int, _ lists: RankedLists) {
        let kernels = mq_kernels().pointee
        guard let bound = kernels.kth_bound, let collect = kernels.collect else {
            preconditionFailure("kernels are complete")
        }
        let count = columns.count
        if count == 0 { return }
        var threshold = -Float.infinity
        if count > length { threshold = bound(columns.scores, columns.paddedCount, length) }
        // Without a bound all are taken, but not the padding.
        var foundCount = count
        if threshold == -.infinity {
            for at in 0..<count { found[at] = UInt32(at) }
        } else {
            foundCount = collect(columns.scores, columns.paddedCount, threshold, found)
        }
        best.removeAll(keepingCapacity: true)
        for at in 0..<foundCount {
            let index = Int(found[at])
            let movie = columns.movies[index]
            insert(Ranked(score: columns.scores[index], id: learner.movies.id(movie), movie: movie), length)
        }
        for ranked in best {
            lists.append(place, item: ranked.movie, id: ranked.id, score: ranked.score)
        }
    }

    /// Takes one that is among the best so far to its place; they are few.
    @inline(__always)
    private func insert(_ ranked: Ranked, _ length: Int) {
        if best.count == length {
            guard let last = best.last, ranked.isBefore(last) else { return }
            best.removeLast()
        }
        var place = best.count
        best.append(ranked)
        while place > 0 && ranked.isBefore(best[place - 1]) {
            best[place] = best[place - 1]
            place -= 1
        }
        best[place] = ranked
    }
}
