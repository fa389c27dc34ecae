import CVectorKernels

/// Online matrix factorisation with biases, one step of stochastic gradient descent an event.
///
/// Predicted stars = mean + bias of user + bias of movie + user vector · movie vector (Koren, Bell and Volinsky,
/// "Matrix Factorization Techniques for Recommender Systems", IEEE Computer 42(8), 2009). The list's score leaves
/// out what is the same for all movies: user vector · movie vector + bias of movie; the bias is the index's offset.
public final class BiasedMatrixFactorization: OnlineModel {
    public struct Settings: Sendable, Equatable {
        public var dimension = 32
        /// Step of the vectors and of the biases.
        public var learningRate: Float = 0.02
        public var biasLearningRate: Float = 0.02
        /// L2 penalty of the vectors and of the biases.
        public var regularization: Float = 0.03
        public var biasRegularization: Float = 0.01
        /// New vectors are drawn from ± this.
        public var initialScale: Float = 0.1
        public var seed: UInt64 = 1

        public init() {}
    }

    /// Numbers the bits: whoever changes what is computed raises it.
    public static let numericsVersion = 1

    public let numericsVersion: Int = BiasedMatrixFactorization.numericsVersion
    public let version = "biased-mf/\(BiasedMatrixFactorization.numericsVersion)"
    public let dimension: Int
    private let setup: Settings

    /// Vector, then bias.
    private let userRows: EmbeddingTable
    private let movieRows: EmbeddingTable
    private let dirty = DirtyRows()

    private var mean = MeanRating(priorCount: 10)

    public init(_ settings: Settings = Settings()) {
        setup = settings
        userRows = EmbeddingTable(dimension: settings.dimension, scalarCount: 1)
        movieRows = EmbeddingTable(dimension: settings.dimension, scalarCount: 1)
        dimension = userRows.paddedDimension
    }

    public var settings: String {
        "biased-mf dimension=\(setup.dimension)"
            + " learning-rate=\(setup.learningRate.bitPattern) bias-learning-rate=\(setup.biasLearningRate.bitPattern)"
            + " regularization=\(setup.regularization.bitPattern)"
            + " bias-regularization=\(setup.biasRegularization.bitPattern)"
            + " initial-scale=\(setup.initialScale.bitPattern) seed=\(setup.seed)"
    }

    public var bytesPerUser: Int { userRows.rows.rowBytes }
    public var bytesPerMovie: Int { movieRows.rows.rowBytes }

    // MARK: Rows

    public func addUser(_ row: UInt32, id: Int64) {
        if Int(row) == userRows.count { _ = userRows.rows.append() }
        precondition(Int(row) < userRows.count, "rows come in order")
        userRows.initialize(row, id: id, seed: setup.seed &* 2, scale: setup.initialScale)
    }

    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        if Int(row) == movieRows.count { _ = movieRows.rows.append() }
        precondition(Int(row) < movieRows.count, "rows come in order")
        movieRows.initialize(row, id: id, seed: setup.seed &* 2 &+ 1, scale: setup.initialScale)
        dirty.reserve(movieRows.count)
        dirty.insert(row)
    }

    // This model knows nothing but ratings.
    public func describeMovie(_ row: UInt32, description: MovieDescription) {}
    public func describeUser(_ row: UInt32, profile: UserRow) {}

    public func removeUser(_ row: UInt32) {
        userRows.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: userRows.rows.rowBytes)
    }

    public func removeMovie(_ row: UInt32) { addMovie(row, id: 0, description: MovieDescription()) }

    public func removeAll() {
        userRows.rows.removeAll()
        movieRows.rows.removeAll()
        dirty.removeAll()
        mean.removeAll()
    }

    // MARK: Learning

    public func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        let kernels = mq_kernels().pointee
        guard let dot16 = kernels.dot16, let step = kernels.mf_step else { preconditionFailure("kernels are complete") }
        let length = userRows.paddedDimension
        let biasRate = setup.biasLearningRate
        let biasRegularization = setup.biasRegularization
        let learningRate = setup.learningRate
        let regularization = setup.regularization
        // A local one needs no check for exclusive access.
        var mean = self.mean
        defer { self.mean = mean }

        for at in 0..<events.count {
            if events.kinds[at] == LearningEvents.Kind.removed.rawValue {
                // What can be taken back exactly is the mean; the gradient steps of a rating can't be told from
                // those that came after it.
                mean.remove(events.previousStars[at])
                events.predictions[at] = .nan
                continue
            }
            let movie = events.movies[at]
            let userVector = userRows.mutableVector(events.users[at])
            let movieVector = movieRows.mutableVector(movie)
            let userBias = userVector[length]
            let movieBias = movieVector[length]
            let prediction = mean.value + userBias + movieBias + dot16(userVector, movieVector, length)
            events.predictions[at] = prediction

            let error = events.stars[at] - prediction
            step(userVector, movieVector, length, error, learningRate, regularization)
            userVector[length] = userBias + biasRate * (error - biasRegularization * userBias)
            movieVector[length] = movieBias + biasRate * (error - biasRegularization * movieBias)
            dirty.insert(movie)

            mean.add(events.stars[at])
            if events.kinds[at] == LearningEvents.Kind.changed.rawValue { mean.remove(events.previousStars[at]) }
        }
    }

    public var dirtyMovies: UnsafeBufferPointer<UInt32> { dirty.rows }
    public func clearDirty() { dirty.removeAll() }

    // MARK: Retrieval

    public func query(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        vector.update(from: userRows.vector(user), count: dimension)
    }

    public func item(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float {
        vector.update(from: movieRows.vector(movie), count: dimension)
        return movieRows.scalar(movie, 0)
    }

    public func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float {
        mean.value + userRows.scalar(user, 0) + score
    }

    // MARK: Checkpoints and digests

    public var tables: [StateTable] { [StateTable("users", userRows.rows), StateTable("movies", movieRows.rows)] }

    public func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        { [mean] writer in try mean.write(to: &writer) }
    }

    public func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        try mean.read(from: &reader)
        for (rows, count) in [(userRows, userCount), (movieRows, movieCount)] where rows.count != count {
            throw StateImage.Failure.impossible("\(rows.count) model rows for \(count)")
        }
        // All movies are new to whoever follows them.
        dirty.reserve(movieCount)
        for movie in 0..<UInt32(movieCount) { dirty.insert(movie) }
    }
}
