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
    public static let numericsVersion = 6

    public let numericsVersion: Int = TwoHeadModel.numericsVersion
    public let version = "two-heads/\(TwoHeadModel.numericsVersion)"
    private let setup: Settings

    private let rating: RatingHead
    private let ranking: RankingHead
    private let lists: Blend
    private let rankingTask: RankingTask
    private let pipeline: HeadPipeline
    private var movieCount = 0

    public init(_ settings: Settings = Settings()) {
        setup = settings
        let rating = RatingHead(settings.rating)
        self.rating = rating
        ranking = RankingHead(settings.ranking, features: rating.features)
        lists = Blend(settings.blend, head: ranking)
        rankingTask = RankingTask(ranking, sampler: lists.sampler, seed: settings.seed)
        pipeline = HeadPipeline(
            ranking: rankingTask, stars: StarsTask(rating: rating), blend: BlendTask(blend: lists))
    }

    public var settings: String {
        "two-heads seed=\(setup.seed); \(rating.settings); \(ranking.settings); \(lists.settings)"
    }

    /// Of version 5, which drew more movies, and had the blend learn from as many likes as in the beginning.
    public var settingsOfVersionBefore: String {
        "two-heads seed=\(setup.seed); \(rating.settings); \(ranking.settingsOfVersion5); \(lists.settingsOfVersion5)"
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
        rankingTask.reserve(movieCount)
        rankingTask.setRatings(0, of: row)
        rankingTask.dirty.insert(row)
    }

    public func describeMovie(_ row: UInt32, description: MovieDescription) {
        rating.describeMovie(row, description: description)
        ranking.describeMovie(row, ratings: lists.ratings(row))
        rankingTask.dirty.insert(row)
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
        rankingTask.setRatings(0, of: row)
        rankingTask.dirty.insert(row)
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
        rankingTask.removeAll()
        movieCount = 0
    }

    // MARK: Learning

    public func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        pipeline.learn(LearningWork(events: events, users: users, rated: rated), movieCount: movieCount)
    }

    public var dirtyMovies: UnsafeBufferPointer<UInt32> { rankingTask.dirty.rows }
    public func clearDirty() { rankingTask.dirty.removeAll() }

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
        rating.tables + ranking.tables + lists.tables + [StateTable("recent-movies", rankingTask.recent.rows)]
    }

    public func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let (rating, ranking, lists) = (rating.scalars(), ranking.scalars(), lists.scalars())
        return { [draws = rankingTask.draws, eventCount = rankingTask.eventCount] writer in
            try writer.write(draws.state)
            try writer.write(eventCount)
            try rating(&writer)
            try ranking(&writer)
            try lists(&writer)
        }
    }

    public func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        let draws = RandomDraws(state: try reader.read())
        rankingTask.restore(draws: draws, eventCount: try reader.read())
        try rating.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
        try ranking.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
        try lists.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
        try rankingTask.recent.check(movieCount: movieCount)
        self.movieCount = movieCount
        rankingTask.reserve(movieCount)
        for movie in 0..<UInt32(movieCount) {
            rankingTask.setRatings(lists.ratings(movie), of: movie)
            // All movies are new to whoever follows them.
            rankingTask.dirty.insert(movie)
        }
    }
}
