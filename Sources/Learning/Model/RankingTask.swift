/// What the ranking head learns of some events, and what it leaves to the blend of them.
///
/// It needs nothing that rating head or blend learn meanwhile, so the blend may be behind, on another thread, and the rating head
/// anywhere.
final class RankingTask {
    let recent = RecentMovies()
    let dirty = DirtyRows()
    private let ranking: RankingHead
    private let sampler: ExampleSampler
    private let seen = SeenMarks()
    private let seed: UInt64
    private(set) var draws: RandomDraws
    /// Events learnt.
    private(set) var eventCount: UInt64 = 0
    /// Ratings of each movie, as the blend counts them; no state, but taken from there.
    private var ratings: UnsafeMutablePointer<Float>
    private var ratingsCapacity = 0

    /// A movie with as many ratings speaks for itself: it does not follow what its features learn any more.
    private static let followingRatingsMax: Float = 100

    init(_ ranking: RankingHead, sampler: ExampleSampler, seed: UInt64) {
        self.ranking = ranking
        self.sampler = sampler
        self.seed = seed
        draws = RandomDraws(state: seed)
        ratings = .allocate(capacity: 0)
    }

    deinit { ratings.deallocate() }

    /// Makes room for movies below `count`.
    func reserve(_ count: Int) {
        dirty.reserve(count)
        sampler.reserve(count)
        if count <= ratingsCapacity { return }
        let capacity = max(count, 2 * ratingsCapacity, 4096)
        let larger = UnsafeMutablePointer<Float>.allocate(capacity: capacity)
        larger.update(from: ratings, count: ratingsCapacity)
        (larger + ratingsCapacity).update(repeating: 0, count: capacity - ratingsCapacity)
        ratings.deallocate()
        ratings = larger
        ratingsCapacity = capacity
    }

    /// The movie has as many ratings, whatever was counted here.
    func setRatings(_ count: Float, of movie: UInt32) { ratings[Int(movie)] = count }

    func removeAll() {
        recent.removeAll()
        dirty.removeAll()
        ratings.update(repeating: 0, count: ratingsCapacity)
        draws = RandomDraws(state: seed)
        eventCount = 0
    }

    func restore(draws: RandomDraws, eventCount: UInt64) {
        self.draws = draws
        self.eventCount = eventCount
    }

    /// Memory for what is left to the blend of some events.
    func makeExamples() -> BlendExamples { sampler.makeExamples() }

    /// Makes room for marks; before the first events of a batch. `end` comes after the last ones.
    func begin(movieCount: Int) { seen.reserve(movieCount) }
    func end() { seen.clear() }

    /// Learns events that follow each other, at most `BlendExamples.eventsMax`.
    func learn(_ work: LearningWork, _ range: Range<Int>, into examples: BlendExamples) {
        let (events, users, rated) = (work.events, work.users, work.rated)
        let ratings = ratings
        var draws = self.draws
        var eventCount = self.eventCount
        defer {
            self.draws = draws
            self.eventCount = eventCount
        }
        examples.removeAll()
        for at in range where events.isChoice(at) {
            let user = events.users[at]
            let movie = events.movies[at]
            let movieCount = events.movieCounts[at]
            let isLiked = events.isLiked(at)
            let following = UInt32(eventCount % UInt64(movieCount))
            let followingRatings = ratings[Int(following)]
            if followingRatings < Self.followingRatingsMax {
                ranking.follow(following, ratings: followingRatings, dirty: dirty)
            }
            if ratings[Int(movie)] == 0 { ranking.follow(movie, ratings: 0, dirty: dirty) }
            let marks = seen.marks(
                of: user, entries: rated.entries(users.pointer(user).pointee.rated).movieBuffer,
                count: Int(events.historyCounts[at]))
            let wasSeen = marks[Int(movie)]
            let place = at - range.lowerBound
            examples.note(place, isKnown: wasSeen != 0)
            if isLiked {
                sampler.liked(
                    user: user, movie: movie, seen: marks, movieCount: movieCount, event: place, into: examples)
            }
            marks[Int(movie)] = 1
            ranking.learn(
                user: user, movie: movie, isLiked: isLiked, seen: marks, movieCount: movieCount, recent: recent,
                eventCount: eventCount, draws: &draws, dirty: dirty)
            marks[Int(movie)] = wasSeen
            ratings[Int(movie)] += 1
            recent.set(eventCount, movie)
            eventCount += 1
        }
    }
}
