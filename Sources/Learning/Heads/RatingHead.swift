import CVectorKernels

/// How many stars: Bayesian matrix factorisation by assumed-density filtering.
///
/// A user is a Gaussian over w = (bias, 1, factors), a movie over v = (1, bias, factors): a mean and a full covariance of
/// `length` × `length`. Predicted stars = mean of all ratings + w · v. A rating is one Kalman step on either side, with the
/// other side at its mean and the other's uncertainty in the noise (Opper, "A Bayesian Approach to On-line Learning", 1998;
/// Stern, Herbrich and Graepel, "Matchbox: Large Scale Online Bayesian Recommendations", WWW 2009). What is uncertain moves
/// far and what is certain little, so a new user's first ratings count and a known movie stays put.
///
/// Side features (age, gender, occupation; genres, years) are learnt offsets of the means, one vector each, by gradient
/// steps; so who was never seen starts from what he is known by.
///
/// A deterministic state machine; its rows live in tables that snapshots share.
public final class RatingHead {
    public struct Settings: Sendable, Equatable {
        /// Without the two biases; with them a multiple of 16.
        public var factors = 14
        /// Variance of a rating around its prediction, in stars².
        public var noise: Float = 0.9
        /// Variances that a new user and a new movie begin with.
        public var userBiasVariance: Float = 0.15
        public var userFactorVariance: Float = 0.2
        public var movieBiasVariance: Float = 0.2
        public var movieFactorVariance: Float = 0.1
        /// Added to a movie's variances with every rating, so that it can go on moving.
        public var movieDrift: Float = 1e-5
        /// New factors are drawn from ± this.
        public var initialScale: Float = 0.05
        /// A feature's step begins with this, and falls with the root of its ratings beyond `featureHalfway`.
        public var featureRate: Float = 0.014
        public var featureHalfway: Float = 100
        public var featureRegularization: Float = 0
        public var seed: UInt64 = 3

        public init() {}
    }

    /// Floats of w and v: biases and factors.
    public let length: Int
    private let setup: Settings
    /// Mean, then covariance.
    private let users: EmbeddingTable
    private let movies: EmbeddingTable
    let features: FeatureTable

    private var mean = MeanRating(priorCount: 5)

    /// Where each side keeps its own bias, and the other's is multiplied by one.
    private static let userBias = 0
    private static let movieBias = 1

    private let scratch: UnsafeMutablePointer<Float>
    private var w: UnsafeMutablePointer<Float> { scratch }
    private var v: UnsafeMutablePointer<Float> { scratch + length }
    private var userShare: UnsafeMutablePointer<Float> { scratch + 2 * length }
    private var movieShare: UnsafeMutablePointer<Float> { scratch + 3 * length }
    private var noDrift: UnsafeMutablePointer<Float> { scratch + 4 * length }
    private var movieDrift: UnsafeMutablePointer<Float> { scratch + 5 * length }

    public init(_ settings: Settings = Settings()) {
        setup = settings
        length = settings.factors + 2
        precondition(length % 16 == 0, "kernels take 16 floats at a time")
        users = EmbeddingTable(dimension: length, scalarCount: length * length)
        movies = EmbeddingTable(dimension: length, scalarCount: length * length)
        features = FeatureTable(dimension: length)
        scratch = .allocate(capacity: 6 * length)
        scratch.initialize(repeating: 0, count: 6 * length)
        for at in 0..<length where at != Self.userBias { movieDrift[at] = settings.movieDrift }
    }

    deinit { scratch.deallocate() }

    /// Everything that the learnt bits depend on.
    public var settings: String {
        let floats = [
            setup.noise, setup.userBiasVariance, setup.userFactorVariance, setup.movieBiasVariance,
            setup.movieFactorVariance, setup.movieDrift, setup.initialScale, setup.featureRate, setup.featureHalfway,
            setup.featureRegularization,
        ]
        return "rating-head factors=\(setup.factors) seed=\(setup.seed) "
            + floats.map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
    }

    public var bytesPerUser: Int { users.rows.rowBytes }
    public var bytesPerMovie: Int { movies.rows.rowBytes }

    // MARK: Rows

    public func addUser(_ row: UInt32, id: Int64) {
        if Int(row) == users.count { _ = users.rows.append() }
        precondition(Int(row) < users.count, "rows come in order")
        begin(
            users, row, id, seed: setup.seed &* 2, own: Self.userBias, biasVariance: setup.userBiasVariance,
            factorVariance: setup.userFactorVariance)
    }

    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        if Int(row) == movies.count { _ = movies.rows.append() }
        precondition(Int(row) < movies.count, "rows come in order")
        begin(
            movies, row, id, seed: setup.seed &* 2 &+ 1, own: Self.movieBias, biasVariance: setup.movieBiasVariance,
            factorVariance: setup.movieFactorVariance)
        features.describe(row, description)
    }

    public func describeMovie(_ row: UInt32, description: MovieDescription) { features.describe(row, description) }

    public func removeUser(_ row: UInt32) {
        users.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: users.rows.rowBytes)
    }

    public func removeMovie(_ row: UInt32) { addMovie(row, id: 0, description: MovieDescription()) }

    public func removeAll() {
        users.rows.removeAll()
        movies.rows.removeAll()
        features.removeAll()
        mean.removeAll()
    }

    /// A mean of zero biases and drawn factors, and a diagonal covariance.
    private func begin(
        _ table: EmbeddingTable, _ row: UInt32, _ id: Int64, seed: UInt64, own: Int, biasVariance: Float,
        factorVariance: Float
    ) {
        table.initialize(row, id: id, seed: seed, scale: setup.initialScale)
        let mean = table.mutableVector(row)
        mean[Self.userBias] = 0
        mean[Self.movieBias] = 0
        let covariance = mean + length
        covariance[own * (length + 1)] = biasVariance
        for factor in 2..<length { covariance[factor * (length + 1)] = factorVariance }
    }

    // MARK: Predicting and learning

    /// The stars predicted for a pair, unclipped.
    public func prediction(user: UInt32, profile: UserRow, movie: UInt32) -> Float {
        gather(user: user, profile: profile, movie: movie)
        return mean.value + mq_dot16(w, v, length)
    }

    /// Learns a rating, and returns the prediction made before.
    public func learn(user: UInt32, profile: UserRow, movie: UInt32, stars: Float) -> Float {
        let kernels = mq_kernels().pointee
        guard let dot16 = kernels.dot16, let times = kernels.covariance_times, let step = kernels.kalman_step,
            let axpy = kernels.axpy
        else { preconditionFailure("kernels are complete") }
        gather(user: user, profile: profile, movie: movie)
        let userMean = users.mutableVector(user)
        let movieMean = movies.mutableVector(movie)
        let prediction = mean.value + dot16(w, v, length)
        let error = stars - prediction
        let variance =
            setup.noise + times(userMean + length, v, length, userShare)
            + times(movieMean + length, w, length, movieShare)
        let shrink = 1 / variance
        step(userMean, userMean + length, userShare, length, error * shrink, shrink, noDrift)
        step(movieMean, movieMean + length, movieShare, length, error * shrink, shrink, movieDrift)

        // The place of the other side's bias is one on this side, and stays.
        UserFeatures.forEach(of: profile) { move($0, by: error, v, fixed: Self.movieBias, axpy) }
        features.forEach(ofMovie: movie) { move($0, by: error, w, fixed: Self.userBias, axpy) }
        mean.add(stars)
        return prediction
    }

    /// A gradient step of a feature's offset, with steps that grow shorter (Robbins and Monro, "A Stochastic Approximation
    /// Method", 1951).
    @inline(__always)
    private func move(
        _ feature: UInt32, by error: Float, _ other: UnsafePointer<Float>, fixed: Int,
        _ axpy: @convention(c) (Float, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int) -> Void
    ) {
        let halfway = setup.featureHalfway
        let rate = setup.featureRate * (halfway / (halfway + features.countUp(feature))).squareRoot()
        let offset = features.mutableVector(feature)
        axpy(-rate * setup.featureRegularization, offset, offset, length)
        axpy(rate * error, other, offset, length)
        offset[fixed] = 0
    }

    /// A rating was taken back. What is taken back exactly is the mean; a step can't be told from those after it.
    public func takeBack(stars: Float) { mean.remove(stars) }

    private func gather(user: UInt32, profile: UserRow, movie: UInt32) {
        userVector(user, profile: profile, into: w)
        movieVector(movie, into: v)
    }

    /// w of a user: his mean and the offsets of his features, `length` floats.
    @inline(__always)
    public func userVector(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        vector.update(from: users.vector(user), count: length)
        UserFeatures.forEach(of: profile) { mq_axpy(1, features.vector($0), vector, length) }
        vector[Self.movieBias] = 1
    }

    /// v of a movie: its mean and the offsets of its features, `length` floats.
    @inline(__always)
    public func movieVector(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) {
        vector.update(from: movies.vector(movie), count: length)
        features.forEach(ofMovie: movie) { mq_axpy(1, features.vector($0), vector, length) }
        vector[Self.userBias] = 1
    }

    /// Predicted stars are this + w · v.
    public var meanStars: Float { mean.value }

    // MARK: Checkpoints and digests

    public var tables: [StateTable] {
        [StateTable("rating-users", users.rows), StateTable("rating-movies", movies.rows)] + features.tables
    }

    public func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let names = features.names
        return { [mean] writer in
            try mean.write(to: &writer)
            try writer.write(UInt32(names.count))
            for name in names { try writer.write(name) }
        }
    }

    /// Reads back what `scalars` wrote; the tables have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when they do not fit each other.
    public func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        try mean.read(from: &reader)
        let count = Int(try reader.read(UInt32.self))
        var names: [String] = []
        for _ in 0..<count { names.append(try reader.readString()) }
        try features.restore(names: names, movieCount: movieCount)
        for (table, count) in [(users, userCount), (movies, movieCount)] where table.count != count {
            throw StateImage.Failure.impossible("\(table.count) rows of the rating head for \(count)")
        }
    }
}
