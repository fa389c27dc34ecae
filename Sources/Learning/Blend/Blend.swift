import CVectorKernels
import Foundation

/// The order of a list: a softmax regression over some experts, which learns their weights while the stream passes.
///
/// Score of a movie for a user = Σ weight · expert (`BlendExpert`), with weights for each stage of a user (`UserStage`).
/// *Transitions* of movie j: over the user's last liked items i, the successor weight of j after i, less the farther back i
/// lies, over √(likes of i + 1) · √(likes of j + 1). *Popularity* is of late: likes that decay with the events.
///
/// It learns from one in some liked movies against movies drawn uniformly, which stand for the whole catalogue: from the
/// state alone, never from what was listed.
public final class Blend {
    public struct Settings: Sendable, Equatable {
        /// 2^(1/5000) and 2^(1/50000): a like counts half after 5,000 events, or after 50,000.
        public var popularityGrowth: Float = 1.000_138_64
        public var slowPopularityGrowth: Float = 1.000_013_863
        /// How far back in a user's ratings a transition's weight is half: w = 1 / (1 + distance / this).
        public var transitionReach: Float = 3
        /// The regression takes one in so many likes while there are few, and one in as many as the second says after the
        /// first `earlyLikes`: by then the weights have settled.
        public var learnsOneIn: Int64 = 4
        public var laterOneIn: Int64 = 8
        public var earlyLikes: Int64 = 65_536
        /// Movies drawn for each.
        public var drawn = 64
        public var rate: Float = 0.3

        public init() {}
    }

    public static let transitionFloor: Float = 0.02
    public static let popularityFloor: Float = 0.5
    /// From how many stars on a rating is a like.
    public static let likedStarsMin: Float = 4

    let setup: Settings
    public let head: RankingHead
    let tallies: MovieTallies
    let tastes = GenreTastes()
    let lastItems = LastItems()
    public let weights = BlendWeights()
    public let popular: PopularMovies

    /// By distance in the user's ratings.
    private let reach: [Float]
    private let scratch: Scratch
    /// Works beside the ranking head; it is here because its count of likes is part of the blend's state.
    let sampler: ExampleSampler

    init(_ settings: Settings, head: RankingHead) {
        setup = settings
        self.head = head
        tallies = MovieTallies(growth: settings.popularityGrowth, slowGrowth: settings.slowPopularityGrowth)
        popular = PopularMovies(tallies)
        reach = (0..<LastItems.capacity).map { 1 / (1 + Float($0) / settings.transitionReach) }
        scratch = Scratch(rowCount: settings.drawn + 1)
        sampler = ExampleSampler(head: head, settings)
    }

    var settings: String {
        settings(learnsOneIn: "\(setup.learnsOneIn),\(setup.laterOneIn) early-likes=\(setup.earlyLikes)")
    }
    var settingsOfVersion5: String { settings(learnsOneIn: "\(setup.learnsOneIn)") }

    private func settings(learnsOneIn: String) -> String {
        "blend learns-one-in=\(learnsOneIn) drawn=\(setup.drawn) "
            + [setup.popularityGrowth, setup.slowPopularityGrowth, setup.transitionReach, setup.rate]
            .map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
    }

    /// Movies that it knows: rows below this.
    public var movieCount: Int { tallies.count }

    // MARK: Rows

    func addUser(_ row: UInt32) {
        lastItems.add(row)
        tastes.addUser(row)
    }

    func removeUser(_ row: UInt32) {
        lastItems.clear(row)
        tastes.removeUser(row)
    }

    func addMovie(_ row: UInt32, description: MovieDescription) {
        if Int(row) == tallies.count { tallies.add() } else { removeMovie(row) }
        tastes.describe(row, description)
        // One that is announced; a rating may also bring a movie of which nothing is known.
        if description == MovieDescription() { return }
        tallies.welcome(row)
        popular.rose(row, from: 0)
    }

    /// Of a movie that went, or comes to the row of one: nothing is known.
    func removeMovie(_ row: UInt32) {
        let wasFull = popular.remove(row)
        tallies.remove(row)
        tastes.describe(row, MovieDescription())
        // Somebody may follow up.
        if wasFull { popular.rebuild() }
    }

    func describeMovie(_ row: UInt32, description: MovieDescription) { tastes.describe(row, description) }

    func removeAll() {
        lastItems.rows.removeAll()
        tastes.removeAll()
        tallies.removeAll()
        popular.removeAll()
        weights.removeAll()
        sampler.likes = 0
    }

    // MARK: Experts

    /// Adds up the transitions of a user into `sums`, by movie row, all zero before; returns how many movies have any, and
    /// writes their rows to `touched`, which has room for `transitionsMax`. A sum still lacks the movie's own factor:
    /// `transition(of:sum:)`.
    public func gatherTransitions(
        of user: UInt32, into sums: UnsafeMutablePointer<Float>, touched: UnsafeMutablePointer<UInt32>
    ) -> Int {
        var count = 0
        forEachLastLike(of: user) { item, weight in
            guard let next = tallies.successors(item) else { return }
            for place in 0..<next.count {
                let movie = next.movies[place]
                touched[count] = movie
                count += sums[Int(movie)] == 0 ? 1 : 0
                sums[Int(movie)] += weight * next.weights[place]
            }
        }
        return count
    }

    /// The same for the movies of `columns` alone, most of which have none. `places` has each movie's place in them + 1, or 0.
    private func gatherTransitions(of user: UInt32, to columns: BlendColumns, _ places: UnsafePointer<UInt16>) {
        let sums = columns.transitionSums
        sums.update(repeating: 0, count: columns.count)
        forEachLastLike(of: user) { item, weight in
            tallies.forEachSuccessor(of: item, in: places) { sums[$0] += weight * $1 }
        }
    }

    /// The most that `forEachLastLike` names.
    public static let lastLikesMax = LastItems.capacity

    /// The most movies that a user can have transitions to, and one place more.
    public static let transitionsMax = lastLikesMax * MovieTallies.successorsMax + 1

    @inline(__always)
    public func transition(of movie: UInt32, sum: Float) -> Float { sum * tallies.tally(movie).pointee.inverseRoot }

    /// A user, ready to have movies scored; valid until the next event or use of the memory.
    ///
    /// - Parameter ratingCount: How many he has.
    @inline(__always)
    public func user(
        _ user: UInt32, profile: UserRow, ratingCount: Int, in memory: BlendUserMemory
    ) -> BlendUser {
        tastes.taste(of: user, into: memory.taste)
        tastes.taste(of: profile, into: memory.profileTaste)
        return BlendUser(
            row: user, stage: UserStage.of(ratingCount: ratingCount), taste: memory.taste,
            profileTaste: memory.profileTaste)
    }

    /// Scores the movies of `columns` for a user; their `transitionSums` are there.
    public func score(_ columns: BlendColumns, _ user: BlendUser) {
        columns.fill(head, user: user.row)
        columns.fill(user, self)
        columns.weigh(weights.weights(user.stage))
    }

    /// The weighted fit of a movie's genres to what the user rated, and to his profile.
    public func tasteScores(_ user: BlendUser, _ movie: UInt32) -> (own: Float, profile: Float) {
        let genres = tastes.row(movie)
        return (
            weights.weight(.taste, user.stage) * mq_dot16(user.taste, genres, GenreTastes.genresMax),
            weights.weight(.profileTaste, user.stage) * mq_dot16(user.profileTaste, genres, GenreTastes.genresMax)
        )
    }

    /// The weighted popularities of a movie: how much of its score is the same for all users at a stage, the head's bias
    /// aside.
    ///
    /// - Parameter memory: Room for 16 numbers.
    public func popularityScore(_ user: BlendUser, _ movie: UInt32, in memory: UnsafeMutablePointer<Float>) -> Float {
        let known = tallies.popularities(tallies.tally(movie), movie, stage: user.stage, tallies.shares)
        memory.update(repeating: 1, count: 16)
        memory[0] = known.fast
        memory[1] = known.slow
        memory[2] = known.ofStage
        memory[3] = known.ratings
        mq_kernels().pointee.logarithms(memory, 16)
        func weighted(_ expert: BlendExpert, _ at: Int) -> Float { weights.weight(expert, user.stage) * memory[at] }
        return weighted(.popularity, 0) + weighted(.slowPopularity, 1) + weighted(.stagePopularity, 2)
            + weighted(.ratings, 3)
    }

    /// What the score of a movie that nobody rated has for every user at a stage, by stage: to it no user has transitions.
    /// Besides the head's term and `tasteScores`, and up to rounding.
    public func restOfUnrated(_ movie: UInt32) -> [Float] {
        (0..<UserStage.count).map { stage in
            let known = tallies.popularities(tallies.tally(movie), movie, stage: stage, tallies.shares)
            func part(_ expert: BlendExpert, _ x: Float) -> Double {
                Double(weights.weight(expert, stage)) * log(Double(x))
            }
            let logarithms =
                part(.transitions, Self.transitionFloor)
                + part(.popularity, known.fast) + part(.slowPopularity, known.slow)
                + part(.stagePopularity, known.ofStage) + part(.ratings, known.ratings)
            return Float(logarithms) + weights.weight(.bias, stage) * head.bias(movie)
        }
    }

    /// The user's last liked items, the newest last, with the weight that a transition from each has.
    @inline(__always)
    public func forEachLastLike(of user: UInt32, _ body: (_ movie: UInt32, _ weight: Float) -> Void) {
        lastItems.forEachLike(of: user) { body($0, reach[$1] * tallies.tally($0).pointee.inverseRoot) }
    }

    /// How often some movies were liked soon after another one, by distance; 0 where that is not kept.
    ///
    /// - Parameters:
    ///   - places: By movie row, the place in `found` + 1, or 0.
    ///   - found: The weights, all zero before.
    @inline(__always)
    public func successorWeights(
        of movie: UInt32, _ places: UnsafePointer<UInt16>, into found: UnsafeMutablePointer<Float>
    ) {
        tallies.forEachSuccessor(of: movie, in: places) { found[$0] = $1 }
    }

    /// Whether anybody ever rated the movie; if not, no user has transitions to it.
    public func hasRatings(_ movie: UInt32) -> Bool { ratings(movie) > 0 }

    /// All ratings of the movie that there ever were.
    @inline(__always)
    func ratings(_ movie: UInt32) -> Float { tallies.tally(movie).pointee.ratings }

    // MARK: Learning

    /// Learns from an example, as of before its event.
    ///
    /// Neither this nor `count` may use `head` or `sampler`: the ranking head is ahead, on another thread.
    ///
    /// - Parameter ratingCount: How many ratings the user had before.
    func learnWeights(
        user: UInt32, profile: UserRow, ratingCount: Int, movieCount: UInt32, _ example: BlendExamples.Example
    ) {
        let kernels = mq_kernels().pointee
        guard let softmax = kernels.softmax, let dot16 = kernels.dot16 else { preconditionFailure("complete") }
        let blendUser = self.user(user, profile: profile, ratingCount: ratingCount, in: scratch.user)
        scratch.reserve(movieCount: Int(movieCount))
        let columns = scratch.columns
        columns.fill(example)
        let places = scratch.places
        for at in 0..<columns.count { places[Int(columns.movies[at])] = UInt16(at + 1) }
        gatherTransitions(of: user, to: columns, places)
        for at in 0..<columns.count { places[Int(columns.movies[at])] = 0 }
        columns.fill(blendUser, self)
        columns.weigh(weights.weights(blendUser.stage))

        let shares = columns.scores
        let (count, padded) = (columns.count, columns.paddedCount)
        for at in count..<padded { shares[at] = -1e30 }
        // Each of the drawn stands for as many movies; to weigh the chosen one less is the same.
        scratch.one[0] = Float(movieCount) / Float(max(1, count - 1))
        kernels.logarithms(scratch.one, 16)
        shares[0] -= scratch.one[0]
        let inverse = 1 / softmax(shares, padded)
        for expert in BlendExpert.all {
            let values = columns.column(expert)
            let gradient = values[0] - dot16(shares, values, padded) * inverse
            weights.ascend(blendUser.stage, expert, gradient: gradient, rate: setup.rate)
        }
    }

    /// Counts an event that the head has learnt: popularity, successors, tastes, and the user's last items. Without `head` and
    /// `sampler`, as `learnWeights`.
    ///
    /// - Parameters:
    ///   - isKnown: Whether the user had rated the movie before.
    ///   - ratingCount: How many ratings he had before.
    @inline(__always)
    func count(user: UInt32, profile: UserRow, movie: UInt32, isLiked: Bool, isKnown: Bool, ratingCount: Int) {
        if isLiked {
            lastItems.forEachLike(of: user) { item, distance in
                if item != movie { tallies.addSuccessor(movie, of: item, weight: reach[distance]) }
            }
        }
        if tallies.tick() { popular.broughtDown() }
        let popularity = tallies.tally(movie).pointee.popularity
        tallies.count(movie, isLiked: isLiked, stage: UserStage.of(ratingCount: ratingCount))
        if isLiked { popular.rose(movie, from: popularity) }
        tastes.learn(user: user, profile: profile, movie: movie, isLiked: isLiked)
        if isKnown && lastItems.setLiked(isLiked, movie, of: user) { return }
        lastItems.append(movie, isLiked: isLiked, to: user)
    }

    // MARK: State

    var bytesPerUser: Int { lastItems.rows.rowBytes + tastes.bytesPerUser }
    /// Without successors.
    var bytesPerMovie: Int { MemoryLayout<MovieTally>.stride + tallies.stages.rows.rowBytes + tastes.bytesPerMovie }

    var tables: [StateTable] { [StateTable("last-items", lastItems.rows)] + tallies.tables + tastes.tables }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let (tallies, weights, tastes) = (tallies.scalars(), weights.scalars(), tastes.scalars())
        return { [likes = sampler.likes] writer in
            try writer.write(likes)
            try tallies(&writer)
            try weights(&writer)
            try tastes(&writer)
        }
    }

    func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        let likes: Int64 = try reader.read()
        guard likes >= 0 else { throw StateImage.Failure.impossible("\(likes) likes") }
        sampler.likes = likes
        try tallies.restore(scalars: &reader, movieCount: movieCount)
        try weights.restore(scalars: &reader)
        try tastes.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
        try lastItems.check(userCount: userCount, movieCount: movieCount)
        popular.rebuild()
    }

    /// Memory of one regression.
    private final class Scratch {
        let user = BlendUserMemory()
        let columns: BlendColumns
        /// 16 numbers, of which the first is used.
        let one: UnsafeMutablePointer<Float>
        /// By movie row; zero between two uses.
        private(set) var places: UnsafeMutablePointer<UInt16>
        private var movieCapacity = 0

        init(rowCount: Int) {
            columns = BlendColumns(capacity: rowCount)
            one = .allocate(capacity: 16)
            one.initialize(repeating: 1, count: 16)
            places = .allocate(capacity: 0)
        }

        deinit {
            one.deallocate()
            places.deallocate()
        }

        func reserve(movieCount: Int) {
            if movieCount <= movieCapacity { return }
            movieCapacity = max(movieCount, 2 * movieCapacity, 4096)
            places.deallocate()
            places = .allocate(capacity: movieCapacity)
            places.initialize(repeating: 0, count: movieCapacity)
        }
    }
}
