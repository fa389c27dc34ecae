import CVectorKernels

/// How many stars: Bayesian matrix factorisation by assumed-density filtering.
///
/// A user is a Gaussian over w = (bias, 1, factors), a movie over v = (1, bias, factors): a mean and a full covariance of
/// `length` × `length`. Predicted stars = mean of all ratings + w · v. A rating is one Kalman step on either side, with the
/// other side at its mean and the other's uncertainty in the noise (Opper, "A Bayesian Approach to On-line Learning", 1998;
/// Stern, Herbrich and Graepel, "Matchbox: Large Scale Online Bayesian Recommendations", WWW 2009). What is uncertain moves
/// far and what is certain little, so a new user's first ratings count and a known movie stays put.
///
/// What is known of a movie stands in v beside what is learnt: its bias, which a user multiplies by his own slope, of mean 1;
/// and as offsets of the last two factors how popular it is (`PopularityScale`) and when it came out. So a user's step tells at
/// once whether he follows the others, what is popular, and what is old.
///
/// Side features (age, gender, occupation; genres, years) are learnt offsets of the means, one vector each, by Kalman steps
/// with a diagonal covariance; so who was never seen starts from what he is known by. Users have tastes of their own for
/// genres, and movies for gender and age (`RatingTastes`). From the sum to stars leads a `StarsCurve`.
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
        public var seed: UInt64 = 3

        public init() {}
    }

    /// Floats of w and v: biases and factors.
    public let length: Int
    let setup: Settings
    /// Mean, then covariance.
    let users: EmbeddingTable
    let movies: EmbeddingTable
    let features: FeatureTable
    /// Of users for genres.
    let userTastes = RatingTastes(traitsMax: FeatureTable.genresMax, variance: 0.04)
    /// Of movies for users' traits, and behind them the number of ratings that were learnt, changed ones again.
    let movieTastes = RatingTastes(traitsMax: UserTraits.count, variance: 0.01, scalarCount: 1)
    let popularity = PopularityScale()
    private let curve = StarsCurve()

    private var mean = MeanRating(priorCount: 5)

    /// Where each side keeps its own bias, and the other has what it is multiplied by: a movie one, a user his slope, whose
    /// difference from one is learnt.
    static let userBias = 0
    static let movieBias = 1
    /// Variance of a new user's slope.
    private static let slopeVariance: Float = 0.15
    /// Variance of a new user's last two factors, where movies have offsets.
    private static let describedFactorVariance: Float = 0.08
    /// A movie's popularity counts that much in its last factor but one; the last one takes its years as they are.
    private static let popularityScale: Float = 0.4
    var popularityFactor: Int { length - 2 }
    var yearsFactor: Int { length - 1 }
    /// Added to the variances of a feature's vector with every rating.
    private static let featureDrift: Float = 1e-9

    private let scratch: UnsafeMutablePointer<Float>
    private var w: UnsafeMutablePointer<Float> { scratch }
    private var v: UnsafeMutablePointer<Float> { scratch + length }
    private var userShare: UnsafeMutablePointer<Float> { scratch + 2 * length }
    private var movieShare: UnsafeMutablePointer<Float> { scratch + 3 * length }
    private var noDrift: UnsafeMutablePointer<Float> { scratch + 4 * length }
    private var movieDrift: UnsafeMutablePointer<Float> { scratch + 5 * length }
    private var userFeatureDrift: UnsafeMutablePointer<Float> { scratch + 6 * length }
    private var movieFeatureDrift: UnsafeMutablePointer<Float> { scratch + 7 * length }
    /// Numbers of the movie's genres and of the user's traits.
    private let genres: UnsafeMutablePointer<UInt8>
    private let traits: UnsafeMutablePointer<UInt8>

    public init(_ settings: Settings = Settings()) {
        setup = settings
        length = settings.factors + 2
        precondition(length % 16 == 0, "kernels take 16 floats at a time")
        users = EmbeddingTable(dimension: length, scalarCount: length * length)
        movies = EmbeddingTable(dimension: length, scalarCount: length * length)
        features = FeatureTable(
            dimension: length, fixedOfUsers: Self.movieBias, fixedOfMovies: Self.userBias)
        scratch = .allocate(capacity: 8 * length)
        scratch.initialize(repeating: 0, count: 8 * length)
        genres = .allocate(capacity: FeatureTable.perMovieMax)
        traits = .allocate(capacity: UserTraits.count)
        for at in 0..<length where at != Self.userBias {
            movieDrift[at] = settings.movieDrift
            movieFeatureDrift[at] = Self.featureDrift
        }
        for at in 0..<length where at != Self.movieBias { userFeatureDrift[at] = Self.featureDrift }
    }

    deinit {
        scratch.deallocate()
        genres.deallocate()
        traits.deallocate()
    }

    /// Everything that the learnt bits depend on, the numerics version aside.
    public var settings: String {
        let floats = [
            setup.noise, setup.userBiasVariance, setup.userFactorVariance, setup.movieBiasVariance,
            setup.movieFactorVariance, setup.movieDrift, setup.initialScale,
        ]
        return "rating-head factors=\(setup.factors) seed=\(setup.seed) "
            + floats.map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
    }

    public var bytesPerUser: Int { users.rows.rowBytes + userTastes.rows.rowBytes }
    public var bytesPerMovie: Int { movies.rows.rowBytes + movieTastes.rows.rowBytes }

    // MARK: Rows

    public func addUser(_ row: UInt32, id: Int64) {
        if Int(row) == users.count { _ = users.rows.append() }
        precondition(Int(row) < users.count, "rows come in order")
        begin(
            users, row, id, seed: setup.seed &* 2, own: Self.userBias, biasVariance: setup.userBiasVariance,
            factorVariance: setup.userFactorVariance)
        let covariance = users.mutableVector(row) + length
        covariance[Self.movieBias * (length + 1)] = Self.slopeVariance
        for factor in [popularityFactor, yearsFactor] {
            covariance[factor * (length + 1)] = Self.describedFactorVariance
        }
        userTastes.begin(row)
    }

    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        if Int(row) == movies.count { _ = movies.rows.append() }
        precondition(Int(row) < movies.count, "rows come in order")
        begin(
            movies, row, id, seed: setup.seed &* 2 &+ 1, own: Self.movieBias, biasVariance: setup.movieBiasVariance,
            factorVariance: setup.movieFactorVariance)
        movieTastes.begin(row)
        features.describe(row, description)
    }

    public func describeMovie(_ row: UInt32, description: MovieDescription) { features.describe(row, description) }

    public func removeUser(_ row: UInt32) {
        users.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: users.rows.rowBytes)
        userTastes.erase(row)
    }

    public func removeMovie(_ row: UInt32) { addMovie(row, id: 0, description: MovieDescription()) }

    public func removeAll() {
        users.rows.removeAll()
        movies.rows.removeAll()
        features.removeAll()
        userTastes.rows.removeAll()
        movieTastes.rows.removeAll()
        popularity.removeAll()
        curve.removeAll()
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

    /// A user and a movie: w and v are gathered.
    private struct Pair {
        var movieRatings: Float
        var genres: RatingTastes.Traits
        var traits: RatingTastes.Traits
        /// What their tastes add, and how uncertain that is.
        var tastes: Float
        var tastesVariance: Float
    }

    /// The stars predicted for a pair, unclipped.
    public func prediction(user: UInt32, profile: UserRow, movie: UInt32) -> Float {
        let pair = gather(user: user, profile: profile, movie: movie)
        return curve.stars(mean.value + mq_dot16(w, v, length) + pair.tastes)
    }

    /// Learns a rating, and returns the prediction made before.
    public func learn(user: UInt32, profile: UserRow, movie: UInt32, stars: Float) -> Float {
        let kernels = mq_kernels().pointee
        guard let dot16 = kernels.dot16, let times = kernels.covariance_times, let step = kernels.kalman_step,
            let diagonalStep = kernels.diagonal_step
        else { preconditionFailure("kernels are complete") }
        let pair = gather(user: user, profile: profile, movie: movie)
        let userMean = users.mutableVector(user)
        let movieMean = movies.mutableVector(movie)
        let sum = mean.value + dot16(w, v, length) + pair.tastes
        let prediction = curve.stars(sum)
        let variance =
            setup.noise + times(userMean + length, v, length, userShare)
            + times(movieMean + length, w, length, movieShare) + pair.tastesVariance
        let shrink = 1 / variance
        let gain = (stars - sum) * shrink
        step(userMean, userMean + length, userShare, length, gain, shrink, noDrift)
        step(movieMean, movieMean + length, movieShare, length, gain, shrink, movieDrift)
        userTastes.step(user, pair.genres, gain: gain, shrink: shrink)
        movieTastes.step(movie, pair.traits, gain: gain, shrink: shrink)
        UserFeatures.forEachOrUnknown(of: profile) {
            diagonalStep(
                features.mutableVector($0), features.mutableVariance($0), v, length, gain, shrink, userFeatureDrift)
        }
        features.forEach(ofMovie: movie) {
            diagonalStep(
                features.mutableVector($0), features.mutableVariance($0), w, length, gain, shrink, movieFeatureDrift)
        }

        curve.learn(sum, stars: stars)
        popularity.learn(ratings: pair.movieRatings)
        // From 2^24 on the count stands still.
        movieTastes.setScalar(movie, 0, pair.movieRatings + 1)
        mean.add(stars)
        return prediction
    }

    /// A rating was taken back. What is taken back exactly is the mean; a step can't be told from those after it.
    public func takeBack(stars: Float) { mean.remove(stars) }

    @inline(__always)
    private func gather(user: UInt32, profile: UserRow, movie: UInt32) -> Pair {
        gatherUser(user, profile: profile)
        let ratings = movieTastes.scalar(movie, 0)
        let genreCount = gatherMovie(movie, ratings: ratings)
        let genres = RatingTastes.Traits(self.genres, genreCount)
        let traits = RatingTastes.Traits(self.traits, UserTraits.list(of: profile, into: self.traits))
        let ofUser = userTastes.sum(user, genres)
        let ofMovie = movieTastes.sum(movie, traits)
        return Pair(
            movieRatings: ratings, genres: genres, traits: traits, tastes: ofUser.mean + ofMovie.mean,
            tastesVariance: ofUser.variance + ofMovie.variance)
    }

    /// w of a user: his mean and the offsets of his features, `length` floats.
    @inline(__always)
    private func gatherUser(_ user: UInt32, profile: UserRow) {
        w.update(from: users.vector(user), count: length)
        UserFeatures.forEachOrUnknown(of: profile) { mq_axpy(1, features.vector($0), w, length) }
        w[Self.movieBias] += 1
    }

    /// v of a movie: its mean and the offsets of its features, of its popularity and its years, `length` floats. Writes the
    /// numbers of its genres, too, and returns how many.
    @inline(__always)
    private func gatherMovie(_ movie: UInt32, ratings: Float) -> Int {
        v.update(from: movies.vector(movie), count: length)
        features.forEach(ofMovie: movie) { mq_axpy(1, features.vector($0), v, length) }
        v[Self.userBias] = 1
        let (genreCount, years) = features.genres(ofMovie: movie, into: genres)
        v[popularityFactor] += popularityOffset(ratings: ratings)
        v[yearsFactor] += years
        return genreCount
    }

    /// Of the factor that popularity is in, for a movie of so many ratings.
    @inline(__always)
    func popularityOffset(ratings: Float) -> Float { Self.popularityScale * popularity.value(ratings: ratings) }

    // MARK: For other programs

    /// Floats of the vectors below: w or v, then a place for each genre, then for each trait of users.
    public var starVectorLength: Int { length + userTastes.traitsMax + movieTastes.traitsMax }

    /// A user's vector; `meanStars` + the inner product with a movie's is what `curveCoefficients` make stars of.
    public func starVector(ofUser user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        gatherUser(user, profile: profile)
        vector.update(from: w, count: length)
        let genreTastes = vector + length
        for genre in 0..<userTastes.traitsMax { genreTastes[genre] = userTastes.taste(user, genre) }
        let known = RatingTastes.Traits(traits, UserTraits.list(of: profile, into: traits))
        known.write(to: genreTastes + userTastes.traitsMax, of: movieTastes.traitsMax)
    }

    /// A movie's vector.
    public func starVector(ofMovie movie: UInt32, into vector: UnsafeMutablePointer<Float>) {
        let genreCount = gatherMovie(movie, ratings: movieTastes.scalar(movie, 0))
        vector.update(from: v, count: length)
        RatingTastes.Traits(genres, genreCount).write(to: vector + length, of: userTastes.traitsMax)
        let traitTastes = vector + length + userTastes.traitsMax
        for trait in 0..<movieTastes.traitsMax { traitTastes[trait] = movieTastes.taste(movie, trait) }
    }

    /// The mean of all stars.
    public var meanStars: Float { mean.value }
    /// Of the `StarsCurve`, lowest power first.
    public var curveCoefficients: [Double] { curve.coefficients }

    // MARK: Checkpoints and digests

    public var tables: [StateTable] {
        [StateTable("rating-users", users.rows), StateTable("rating-movies", movies.rows)] + features.tables
            + [
                StateTable("rating-user-tastes", userTastes.rows), StateTable("rating-movie-tastes", movieTastes.rows),
                StateTable("rating-popularity", popularity.rows), StateTable("rating-curve", curve.rows),
            ]
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
        try features.checkVariances()
        try userTastes.check(count: userCount)
        try movieTastes.check(count: movieCount)
        try popularity.check()
        try curve.check()
    }
}
