/// The model that is served: a rating head says how many stars, a ranking head with the blend says which movie next.
///
/// Both learn from every event in the log's order. What a rating that changes or goes takes with it: the mean of all stars
/// is exact; the rating head takes the new stars as a further observation; a like that is taken back no longer leads to
/// successors of its movie. Steps of vectors and counts can't be told from those that came after them, and stay.
public final class TwoHeadModel: OnlineModel {
    public struct Settings: Sendable, Equatable {
        public var rating = RatingHead.Settings()
        public var ranking = RankingHead.Settings()
        public var blend = Blend.Settings()
        public var seed: UInt64 = 12345

        public init() {}
    }

    /// Numbers the bits: whoever changes what is computed raises it.
    public static let numericsVersion = 4

    public let numericsVersion: Int = TwoHeadModel.numericsVersion
    public let version = "two-heads/\(TwoHeadModel.numericsVersion)"
    private let setup: Settings

    private let rating: RatingHead
    private let ranking: RankingHead
    private let lists: Blend
    private let recent = RecentMovies()
    private let seen = SeenMarks()
    private let dirty = DirtyRows()
    private var draws: RandomDraws
    /// Events learnt.
    private var eventCount: UInt64 = 0
    private var movieCount = 0
    private let stars: StarsTask
    private let side: SideThread
    /// Events of a batch from which on the heads learn side by side: below, waking a thread takes longer.
    private static let sideBySideMin = 256
    /// A movie with as many ratings speaks for itself: it does not follow what its features learn any more.
    private static let followingRatingsMax: Float = 100

    public init(_ settings: Settings = Settings()) {
        setup = settings
        let rating = RatingHead(settings.rating)
        self.rating = rating
        let stars = StarsTask(rating)
        self.stars = stars
        side = SideThread { stars.learn() }
        ranking = RankingHead(settings.ranking, features: rating.features)
        lists = Blend(settings.blend, head: ranking)
        draws = RandomDraws(state: settings.seed)
    }

    public var settings: String {
        "two-heads seed=\(setup.seed); \(rating.settings); \(ranking.settings); \(lists.settings)"
    }

    public var dimension: Int { ranking.dimension }
    public var blend: Blend? { lists }
    /// For whoever reads its vectors.
    public var ratingHead: RatingHead { rating }
    public var bytesPerUser: Int { rating.bytesPerUser + ranking.bytesPerUser + lists.bytesPerUser }
    /// Without successors, of which a movie has up to 128 of 8 bytes.
    public var bytesPerMovie: Int {
        rating.bytesPerMovie + ranking.bytesPerMovie + lists.bytesPerMovie
    }

    // MARK: Rows

    public func addUser(_ row: UInt32, id: Int64) {
        rating.addUser(row, id: id)
        ranking.addUser(row)
        lists.addUser(row)
    }

    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        rating.addMovie(row, id: id, description: description)
        ranking.addMovie(row, id: id, isAnnounced: description != MovieDescription())
        lists.addMovie(row, description: description)
        movieCount = max(movieCount, Int(row) + 1)
        dirty.reserve(movieCount)
        dirty.insert(row)
    }

    public func describeMovie(_ row: UInt32, description: MovieDescription) {
        rating.describeMovie(row, description: description)
        ranking.describeMovie(row, ratings: lists.ratings(row))
        dirty.insert(row)
        lists.describeMovie(row, description: description)
    }

    // A profile is read where it is used.
    public func describeUser(_ row: UInt32, profile: UserRow) {}

    public func removeUser(_ row: UInt32) {
        rating.removeUser(row)
        ranking.removeUser(row)
        lists.removeUser(row)
    }

    public func removeMovie(_ row: UInt32) {
        rating.removeMovie(row)
        ranking.removeMovie(row)
        lists.removeMovie(row)
        dirty.insert(row)
    }

    public func names(evicted movies: MovieTable, ofUser row: UInt32) -> Bool {
        lists.lastItems.names(evicted: movies, row)
    }

    public func names(evicted movies: MovieTable, ofMovie row: UInt32) -> Bool {
        lists.tallies.names(evicted: movies, row)
    }

    public func drop(evicted movies: MovieTable, ofUser row: UInt32) { lists.lastItems.drop(evicted: movies, row) }
    public func drop(evicted movies: MovieTable, ofMovie row: UInt32) { lists.tallies.drop(evicted: movies, row) }

    public func removeAll() {
        rating.removeAll()
        ranking.removeAll()
        lists.removeAll()
        recent.removeAll()
        dirty.removeAll()
        draws = RandomDraws(state: setup.seed)
        eventCount = 0
        movieCount = 0
    }

    // MARK: Learning

    public func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        stars.batch = (events, users)
        defer { stars.batch = nil }
        // The heads have nothing in common that an event changes.
        if SideThread.isUseful && events.count >= Self.sideBySideMin {
            side.both { learnLists(events, users, rated) }
        } else {
            stars.learn()
            learnLists(events, users, rated)
        }
    }

    private func learnLists(_ events: LearningEvents, _ users: UserTable, _ rated: RatedMovies) {
        seen.reserve(movieCount)
        var draws = self.draws
        var eventCount = self.eventCount
        defer {
            seen.clear()
            self.draws = draws
            self.eventCount = eventCount
        }
        for at in 0..<events.count {
            let user = events.users[at]
            let movie = events.movies[at]
            let isLiked = events.stars[at] >= Blend.likedStarsMin
            if events.kinds[at] != LearningEvents.Kind.new.rawValue {
                let wasLiked = events.previousStars[at] >= Blend.likedStarsMin
                // A changed rating teaches again only when it became a like.
                if !isLiked || wasLiked {
                    if wasLiked && !isLiked { lists.lastItems.setLiked(false, movie, of: user) }
                    continue
                }
            }
            let row = users.pointer(user).pointee
            let ratingCount = Int(events.historyCounts[at])
            let following = UInt32(eventCount % UInt64(events.movieCounts[at]))
            let followingRatings = lists.ratings(following)
            if followingRatings < Self.followingRatingsMax {
                ranking.follow(following, ratings: followingRatings, dirty: dirty)
            }
            if lists.ratings(movie) == 0 { ranking.follow(movie, ratings: 0, dirty: dirty) }
            let marks = seen.marks(
                of: user, entries: rated.entries(row.rated).movieBuffer, count: ratingCount)
            lists.learnWeights(
                user: user, profile: row, movie: movie, isLiked: isLiked, ratingCount: ratingCount, seen: marks,
                movieCount: events.movieCounts[at], draws: &draws)
            let wasSeen = marks[Int(movie)]
            marks[Int(movie)] = 1
            ranking.learn(
                user: user, movie: movie, isLiked: isLiked, seen: marks,
                movieCount: events.movieCounts[at], recent: recent, eventCount: eventCount, draws: &draws,
                dirty: dirty)
            marks[Int(movie)] = wasSeen
            lists.count(
                user: user, profile: row, movie: movie, isLiked: isLiked, isKnown: wasSeen != 0,
                ratingCount: ratingCount)
            recent.set(eventCount, movie)
            eventCount += 1
        }
    }

    public var dirtyMovies: UnsafeBufferPointer<UInt32> { dirty.rows }
    public func clearDirty() { dirty.removeAll() }

    // MARK: Retrieval

    public func query(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        vector.update(from: ranking.query(user), count: dimension)
    }

    public func item(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float {
        let row = ranking.row(movie)
        vector.update(from: row, count: dimension)
        return row[dimension]
    }

    public func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float {
        rating.prediction(user: user, profile: profile, movie: movie)
    }

    // MARK: Checkpoints and digests

    public var tables: [StateTable] {
        rating.tables + ranking.tables + lists.tables + [StateTable("recent-movies", recent.rows)]
    }

    public var newTables: [String] { RatingHead.newTables + [StagePopularity.tableName] }

    public func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let (rating, ranking, lists) = (rating.scalars(), ranking.scalars(), lists.scalars())
        return { [draws, eventCount] writer in
            try writer.write(draws.state)
            try writer.write(eventCount)
            try rating(&writer)
            try ranking(&writer)
            try lists(&writer)
        }
    }

    public func restore(scalars reader: inout StateReader, isOfVersionBefore: Bool, userCount: Int, movieCount: Int)
        throws
    {
        draws = RandomDraws(state: try reader.read())
        eventCount = try reader.read()
        try rating.restore(
            scalars: &reader, isOfVersion3: isOfVersionBefore, userCount: userCount, movieCount: movieCount)
        try ranking.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
        try lists.restore(
            scalars: &reader, isOfVersion3: isOfVersionBefore, userCount: userCount, movieCount: movieCount)
        try recent.check(movieCount: movieCount)
        if isOfVersionBefore { rating.takeOverVersion3(ratings: lists.ratings) }
        self.movieCount = movieCount
        // All movies are new to whoever follows them.
        dirty.reserve(movieCount)
        for movie in 0..<UInt32(movieCount) { dirty.insert(movie) }
    }
}
