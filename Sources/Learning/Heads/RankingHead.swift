import CVectorKernels

/// Which movie next: matrix factorisation by sampled softmax.
///
/// Logit of a movie = z · q + b, where z is the user's vector, and q and b are the movie's vector and bias: what the index
/// holds. A movie that few have rated takes its vector from its genres and years (`FeatureShares`). An event is one ascent of
/// the log-likelihood that the rated movie is the one chosen among it and some drawn ones, which the user has not rated: most
/// of them from recent events, the others uniform (Jean et al., "On Using Very Large Target Vocabulary", 2015; Bengio and Senécal,
/// "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language Model", 2008). Steps are Adagrad's.
///
/// A deterministic state machine; its rows live in tables that snapshots share.
public final class RankingHead {
    public struct Settings: Sendable, Equatable {
        /// Length of the vectors, a multiple of 16.
        public var dimension = 64
        /// Movies drawn for each event; those that the user has rated are left out.
        public var negatives = 32
        /// As many for a rating below the liked ones.
        public var dislikedNegatives = 8
        /// One in so many of them is drawn uniformly, the others as often as they are rated of late.
        public var uniformOneIn = 8
        public var movieRate: Float = 0.1
        public var userRate: Float = 0.2
        public var biasRate: Float = 0.1
        public var regularization: Float = 0.001
        /// Sums of squared gradients begin with this.
        public var initialSquares: Float = 0.1
        /// A rating below the liked ones counts this much.
        public var dislikedWeight: Float = 0.3
        /// New movie vectors are drawn from ± this.
        public var initialScale: Float = 0.17
        public var seed: UInt64 = 5

        public init() {}
    }

    private let setup: Settings
    /// Vector, then its sums of squared gradients.
    private let users: EmbeddingTable
    /// Vector, bias, and sums of squared gradients of bias and vector.
    private let movies: EmbeddingTable
    private let shares: FeatureShares
    private let scratch: Scratch
    /// The bias of the movie of an average event: where one that is announced begins. Behind a pointer, as it is written
    /// once an event.
    private let typicalBias: UnsafeMutablePointer<Float>
    private static let typicalBiasRate: Float = 0.001

    public var dimension: Int { setup.dimension }

    /// - Parameter features: Which movie has which; it is described there first.
    init(_ settings: Settings, features: FeatureTable) {
        setup = settings
        precondition(settings.dimension % 16 == 0, "kernels take 16 floats at a time")
        users = EmbeddingTable(dimension: settings.dimension, scalarCount: settings.dimension)
        movies = EmbeddingTable(dimension: settings.dimension, scalarCount: 3)
        shares = FeatureShares(dimension: settings.dimension, features: features)
        typicalBias = .allocate(capacity: 1)
        typicalBias.initialize(to: 0)
        scratch = Scratch(
            dimension: settings.dimension, rowCount: max(settings.negatives, settings.dislikedNegatives) + 1)
    }

    deinit { typicalBias.deallocate() }

    var settings: String {
        settings(draws: "\(setup.negatives),\(setup.dislikedNegatives) uniform-one-in=\(setup.uniformOneIn)")
    }

    var settingsOfVersion5: String {
        settings(draws: "48,\(setup.dislikedNegatives) uniform-one-in=\(setup.uniformOneIn)")
    }

    private func settings(draws: String) -> String {
        let floats = [
            setup.movieRate, setup.userRate, setup.biasRate, setup.regularization,
            setup.initialSquares, setup.dislikedWeight, setup.initialScale,
        ]
        return
            "ranking-head dimension=\(setup.dimension) negatives=\(draws) seed=\(setup.seed) "
            + floats.map { String($0.bitPattern, radix: 16) }.joined(separator: ",")
    }

    // MARK: Rows

    func addUser(_ row: UInt32) {
        if Int(row) == users.count { _ = users.rows.append() }
        precondition(Int(row) < users.count, "rows come in order")
        // A vector of zeros that has not moved yet.
        let vector = users.mutableVector(row)
        vector.update(repeating: 0, count: setup.dimension)
        (vector + setup.dimension).update(repeating: setup.initialSquares, count: setup.dimension)
    }

    /// - Parameter isAnnounced: It gets the benefit of the doubt: nobody can have rated it yet.
    func addMovie(_ row: UInt32, id: Int64, isAnnounced: Bool) {
        if Int(row) == movies.count { _ = movies.rows.append() }
        precondition(Int(row) < movies.count, "rows come in order")
        movies.initialize(row, id: id, seed: setup.seed, scale: setup.initialScale)
        let scalars = movies.mutableVector(row) + setup.dimension
        if isAnnounced { scalars[0] = typicalBias.pointee }
        scalars[1] = setup.initialSquares
        scalars[2] = setup.initialSquares
        shares.add(row)
        shares.follow(row, vector: movies.mutableVector(row), ratings: 0)
    }

    /// The movie's features are others now.
    ///
    /// - Parameter ratings: How many there were of it.
    func describeMovie(_ row: UInt32, ratings: Float) {
        shares.describe(row, vector: movies.mutableVector(row), ratings: ratings)
    }

    func removeUser(_ row: UInt32) {
        users.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: users.rows.rowBytes)
    }

    func removeMovie(_ row: UInt32) { addMovie(row, id: 0, isAnnounced: false) }

    func removeAll() {
        users.rows.removeAll()
        movies.rows.removeAll()
        shares.removeAll()
        typicalBias.pointee = 0
    }

    // MARK: Scoring

    /// z of a user: `dimension` floats.
    @inline(__always)
    public func query(_ user: UInt32) -> UnsafePointer<Float> { users.vector(user) }

    /// A movie's vector, its bias behind it.
    @inline(__always)
    public func row(_ movie: UInt32) -> UnsafePointer<Float> { movies.vector(movie) }

    @inline(__always)
    public func bias(_ movie: UInt32) -> Float { movies.scalar(movie, 0) }

    /// The logits and the biases alone of `count` movies for a user.
    ///
    /// - Parameter rows: Room for as many.
    @inline(__always)
    func score(
        _ movies: UnsafePointer<UInt32>, count: Int, for user: UInt32,
        rows: UnsafeMutablePointer<UnsafePointer<Float>?>, logits: UnsafeMutablePointer<Float>,
        biases: UnsafeMutablePointer<Float>
    ) {
        guard let gathered = mq_kernels().pointee.gathered_scores else { preconditionFailure("kernels are complete") }
        for at in 0..<count {
            let row = row(movies[at])
            rows[at] = row
            biases[at] = row[setup.dimension]
        }
        gathered(query(user), rows, count, setup.dimension, logits)
    }

    // MARK: Learning

    /// A movie follows what its features predict by now; before the event that may draw it.
    ///
    /// - Parameter ratings: How many there were of it.
    @inline(__always)
    func follow(_ movie: UInt32, ratings: Float, dirty: DirtyRows) {
        if !shares.hasFeatures(movie) { return }
        shares.follow(movie, vector: movies.mutableVector(movie), ratings: ratings)
        dirty.insert(movie)
    }

    /// Learns that the user chose the movie.
    ///
    /// - Parameters:
    ///   - seen: By movie row, not 0 where he has rated it; the movie itself among them.
    ///   - movieCount: How many movies there are.
    ///   - eventCount: How many events `recent` has taken.
    @inline(__always)
    func learn(
        user: UInt32, movie: UInt32, isLiked: Bool, seen: UnsafePointer<UInt8>, movieCount: UInt32,
        recent: RecentMovies, eventCount: UInt64, draws: inout RandomDraws, dirty: DirtyRows
    ) {
        let kernels = mq_kernels().pointee
        guard let scores = kernels.gathered_scores, let softmax = kernels.softmax, let step = kernels.ranking_step,
            let adagrad = kernels.adagrad_step
        else { preconditionFailure("kernels are complete") }
        let n = setup.dimension
        typicalBias.pointee += Self.typicalBiasRate * (bias(movie) - typicalBias.pointee)
        // His own step comes last: that of the movies takes him as he was.
        let vector = users.mutableVector(user)

        // Written always and counted when he has not rated it: which those are is not predictable.
        let chosen = scratch.movies
        chosen[0] = movie
        var count = 1
        func add(_ drawn: UInt32) {
            chosen[count] = drawn
            count += seen[Int(drawn)] == 0 ? 1 : 0
        }
        let wanted = isLiked ? setup.negatives : setup.dislikedNegatives
        let newest = recent.newest(after: eventCount)
        let ofRecent = newest.count == 0 ? 0 : wanted - wanted / setup.uniformOneIn
        for _ in 0..<ofRecent { add(recent.movie(back: draws.next(below: newest.count), from: newest)) }
        for _ in ofRecent..<wanted { add(draws.next(below: movieCount)) }
        let rows = scratch.rows
        for at in 0..<count {
            rows[at] = movies.mutableVector(chosen[at])
            dirty.insert(chosen[at])
        }

        // The gradient of the log-likelihood by each logit is 1 - p of the chosen one and -p of the others.
        let logits = scratch.logits
        scores(vector, scratch.constantRows, count, n, logits)
        let padded = (count + 15) / 16 * 16
        for at in count..<padded { logits[at] = -1e30 }
        let weight = isLiked ? 1 : setup.dislikedWeight
        let share = -weight / softmax(logits, padded)
        for at in 0..<count { logits[at] *= share }
        logits[0] += weight

        let gradient = scratch.gradient
        gradient.update(repeating: 0, count: n)
        step(rows, logits, count, vector, gradient, n, setup.movieRate, setup.biasRate, setup.regularization)
        adagrad(vector, vector + n, gradient, n, setup.userRate, setup.regularization)
        if isLiked { shares.learn(movie, vector: movies.vector(movie)) }
    }

    // MARK: State

    var tables: [StateTable] {
        [StateTable("ranking-users", users.rows), StateTable("ranking-movies", movies.rows)] + shares.tables
    }

    var bytesPerUser: Int { users.rows.rowBytes }
    var bytesPerMovie: Int { movies.rows.rowBytes + shares.bytesPerMovie }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        { [bias = typicalBias.pointee] in try $0.write(bias) }
    }

    /// Reads back what `scalars` wrote.
    ///
    /// - Throws: `StateImage.Failure` when the tables, which have been filled before, have other numbers of rows.
    func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        typicalBias.pointee = try reader.readFloat()
        guard typicalBias.pointee.isFinite else {
            throw StateImage.Failure.impossible("a bias of \(typicalBias.pointee)")
        }
        for (table, count) in [(users, userCount), (movies, movieCount)] where table.count != count {
            throw StateImage.Failure.impossible("\(table.count) rows of the ranking head for \(count)")
        }
        try shares.check(movieCount: movieCount)
    }

    /// Memory of one step.
    private final class Scratch {
        let gradient: UnsafeMutablePointer<Float>
        let logits: UnsafeMutablePointer<Float>
        let movies: UnsafeMutablePointer<UInt32>
        let rows: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

        init(dimension: Int, rowCount: Int) {
            gradient = .allocate(capacity: dimension)
            logits = .allocate(capacity: (rowCount + 15) / 16 * 16)
            movies = .allocate(capacity: rowCount)
            rows = .allocate(capacity: rowCount)
            rows.initialize(repeating: nil, count: rowCount)
        }

        /// The same rows, to be read.
        var constantRows: UnsafePointer<UnsafePointer<Float>?> {
            UnsafeRawPointer(rows).assumingMemoryBound(to: UnsafePointer<Float>?.self)
        }

        deinit {
            gradient.deallocate()
            logits.deallocate()
            movies.deallocate()
            rows.deallocate()
        }
    }
}
