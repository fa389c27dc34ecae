import CVectorKernels
import Events
import MovieLens

/// The fusion model, fine-tuned by every rating as it passes: one step of gradient descent on the squared error of the
/// stars an event, through the towers' tanh down to the embeddings of the user's and the movie's ids.
///
/// Nothing else moves, so what a tower adds up besides the id is computed once for each movie and kept in its row, and a
/// new movie is scored by its genres and title before its first rating. Predicted stars are (5 cos + 5) / 2, and the score
/// of the list is the cosine: both vectors have length 1, and there are no offsets.
public final class FusionOnlineModel: OnlineModel {
    public struct Settings: Sendable, Equatable {
        /// Step of the embeddings, for the loss (stars - predicted stars)².
        public var learningRate: Float = 0.01
        /// A gradient that is longer is cut to this length.
        public var gradientMax: Float = 4

        public init() {}
    }

    /// Numbers the bits: whoever changes what is computed raises it.
    public static let numericsVersion = 1
    /// What `settings` begin with.
    public static let settingsName = "fusion"

    public let numericsVersion: Int = FusionOnlineModel.numericsVersion
    public let version = "fusion/\(FusionOnlineModel.numericsVersion)"
    public let dimension: Int
    /// Length of the vectors without the zeros that fill them up to `dimension`.
    public var towerDimension: Int { towers.dimension }
    public let settings: String

    private let setup: Settings
    private let model: FusionModel
    private let towers: FusionTowers
    private let length: Int
    private let meanUser: [Float]
    private let meanMovie: [Float]
    /// Of movies that training knew, by id.
    private let trainedMovies: [Bool]
    private let trainedUsers: [Bool]

    /// Embedding of the id; then gender, age and occupation as codes + 1, 0 unknown.
    private let userRows: EmbeddingTable
    /// Embedding of the id.
    private let movieRows: EmbeddingTable
    /// What a movie's tower adds up besides the id.
    private let movieBases: EmbeddingTable
    private let dirty = DirtyRows()
    private var removals: Int64 = 0

    // Of the event in hand.
    private let user: FusionActivation
    private let movie: FusionActivation

    /// - Parameters:
    ///   - model: As `FusionModelFile.read` gives it.
    ///   - digest: Of the file that it was read from, so that state learnt from another is refused.
    public init(_ model: FusionModel, digest: String, _ settings: Settings = Settings()) {
        self.model = model
        setup = settings
        towers = FusionTowers(model.parameters)
        dimension = towers.paddedDimension
        length = model.dimensions.embedding
        meanUser = model.meanUserEmbedding()
        meanMovie = model.meanMovieEmbedding()
        var users = [Bool](repeating: false, count: model.sizes.userRows)
        for user in model.users { users[Int(user.id)] = true }
        var movies = [Bool](repeating: false, count: model.sizes.movieRows)
        for movie in model.movies { movies[Int(movie.movieID)] = true }
        trainedUsers = users
        trainedMovies = movies
        userRows = EmbeddingTable(dimension: length, scalarCount: 3)
        movieRows = EmbeddingTable(dimension: length, scalarCount: 0)
        movieBases = EmbeddingTable(dimension: dimension, scalarCount: 0)
        user = FusionActivation(length: dimension, embedding: userRows.paddedDimension)
        movie = FusionActivation(length: dimension, embedding: movieRows.paddedDimension)
        self.settings =
            "\(Self.settingsName) digest=\(digest) learning-rate=\(settings.learningRate.bitPattern)"
            + " gradient-max=\(settings.gradientMax.bitPattern)"
    }

    public var bytesPerUser: Int { userRows.rows.rowBytes }
    public var bytesPerMovie: Int { movieRows.rows.rowBytes + movieBases.rows.rowBytes }

    /// Ratings that were taken back: a step can't be told from those after it, so they are counted and no more.
    public var removalCount: Int64 { removals }

    // MARK: Rows

    public func addUser(_ row: UInt32, id: Int64) {
        if Int(row) == userRows.count { _ = userRows.rows.append() }
        precondition(Int(row) < userRows.count, "rows come in order")
        let vector = userRows.mutableVector(row)
        vector.update(repeating: 0, count: userRows.paddedDimension + userRows.scalarCount)
        start(vector, .userEmbedding, id, isTrained: trainedUsers, mean: meanUser)
        if let known = model.user(id) { setProfile(row, known.profile) }
    }

    public func describeUser(_ row: UInt32, profile: UserRow) { setProfile(row, FusionProfile(profile)) }

    private func setProfile(_ row: UInt32, _ profile: FusionProfile) {
        let scalars = userRows.mutableVector(row) + userRows.paddedDimension
        for (place, code) in [profile.gender, profile.age, profile.occupation].enumerated() {
            scalars[place] = code.map { Float($0 + 1) } ?? 0
        }
    }

    private func profile(_ row: UInt32) -> FusionProfile {
        func code(_ scalar: Int) -> Int? {
            let value = Int(userRows.scalar(row, scalar))
            return value > 0 ? value - 1 : nil
        }
        var profile = FusionProfile()
        (profile.gender, profile.age, profile.occupation) = (code(0), code(1), code(2))
        return profile
    }

    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        if Int(row) == movieRows.count {
            _ = movieRows.rows.append()
            _ = movieBases.rows.append()
        }
        precondition(Int(row) < movieRows.count, "rows come in order")
        start(movieRows.mutableVector(row), .movieEmbedding, id, isTrained: trainedMovies, mean: meanMovie)
        dirty.reserve(movieRows.count)
        // A rating may come before its movie is announced: then training may know what it is.
        if description == MovieDescription(), let known = model.movie(id) {
            describe(row, model.features(of: known))
        } else {
            describeMovie(row, description: description)
        }
    }

    public func describeMovie(_ row: UInt32, description: MovieDescription) {
        let movie = Movie(movieID: 0, title: description.title, year: description.year, genres: description.genres)
        describe(row, model.features(of: movie))
    }

    private func describe(_ row: UInt32, _ features: FusionMovieFeatures) {
        towers.movieBase(features, into: movieBases.mutableVector(row))
        dirty.insert(row)
    }

    private func start(
        _ vector: UnsafeMutablePointer<Float>, _ tensor: FusionTensor, _ id: Int64, isTrained: [Bool], mean: [Float]
    ) {
        if id < Int64(isTrained.count), isTrained[Int(id)] {
            model.parameters.withRow(tensor, Int(id), length) { vector.update(from: $0, count: length) }
        } else {
            vector.update(from: mean, count: length)
        }
    }

    public func removeUser(_ row: UInt32) {
        userRows.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: userRows.rows.rowBytes)
    }

    public func removeMovie(_ row: UInt32) { addMovie(row, id: 0, description: MovieDescription()) }

    public func removeAll() {
        for table in [userRows, movieRows, movieBases] { table.rows.removeAll() }
        dirty.removeAll()
        removals = 0
    }

    // MARK: Learning

    public func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        for at in 0..<events.count {
            if events.kinds[at] == LearningEvents.Kind.removed.rawValue {
                removals &+= 1
                events.predictions[at] = .nan
                continue
            }
            // A changed rating is a step toward the new stars.
            events.predictions[at] = learn(events.users[at], events.movies[at], stars: events.stars[at])
        }
    }

    /// Steps both embeddings; returns the stars that were predicted before.
    private func learn(_ userRow: UInt32, _ movieRow: UInt32, stars: Float) -> Float {
        activateUser(userRow)
        activateMovie(movieRow)
        let cosine = mq_dot16(user.vector, movie.vector, dimension)
        let prediction = Self.stars(cosine)
        // Of (stars - prediction)² by the cosine: the stars move by 5/2 with it.
        let slope = -2 * (stars - prediction) * (FusionModel.scoreScale / 2)
        user.backward(slope, toward: movie, cosine: cosine, towers.userMatrix, clippedTo: setup.gradientMax)
        movie.backward(slope, toward: user, cosine: cosine, towers.movieMatrix, clippedTo: setup.gradientMax)
        mq_axpy(-setup.learningRate, user.gradient, userRows.mutableVector(userRow), userRows.paddedDimension)
        mq_axpy(-setup.learningRate, movie.gradient, movieRows.mutableVector(movieRow), movieRows.paddedDimension)
        dirty.insert(movieRow)
        return prediction
    }

    private func activateUser(_ row: UInt32) {
        towers.userBase(profile(row), into: user.vector)
        user.finish(towers, userRows.vector(row), towers.userMatrix)
    }

    private func activateMovie(_ row: UInt32) {
        movie.vector.update(from: movieBases.vector(row), count: dimension)
        movie.finish(towers, movieRows.vector(row), towers.movieMatrix)
    }

    private static func stars(_ cosine: Float) -> Float {
        (FusionModel.scoreScale * cosine + FusionModel.scoreScale) / 2
    }

    public var dirtyMovies: UnsafeBufferPointer<UInt32> { dirty.rows }
    public func clearDirty() { dirty.removeAll() }

    // MARK: Retrieval

    public func query(_ row: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        activateUser(row)
        vector.update(from: user.vector, count: dimension)
    }

    public func item(_ row: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float {
        activateMovie(row)
        vector.update(from: movie.vector, count: dimension)
        return 0
    }

    public func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float {
        Self.stars(score)
    }

    // MARK: Checkpoints and digests

    public var tables: [StateTable] {
        [
            StateTable("fusion-users", userRows.rows), StateTable("fusion-movies", movieRows.rows),
            StateTable("fusion-movie-bases", movieBases.rows),
        ]
    }

    public func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        { [removals] writer in try writer.write(removals) }
    }

    public func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        removals = try reader.read()
        for (table, count) in [(userRows, userCount), (movieRows, movieCount), (movieBases, movieCount)]
        where table.count != count {
            throw StateImage.Failure.impossible("\(table.count) rows of the fusion model for \(count)")
        }
        for row in 0..<UInt32(userCount) {
            let codes = (0..<3).map { userRows.scalar(row, $0) }
            let limits = [FusionProfile.genders, FusionProfile.ages.count, FusionProfile.occupations]
            for (code, limit) in zip(codes, limits) where !(0...Float(limit) ~= code) {
                throw StateImage.Failure.impossible("the code \(code) in the profile of user row \(row)")
            }
        }
        // All movies are new to whoever follows them.
        dirty.reserve(movieCount)
        for movie in 0..<UInt32(movieCount) { dirty.insert(movie) }
    }
}
