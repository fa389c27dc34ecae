import CVectorKernels

/// What movies' vectors in the ranking head have from their features: genres and years.
///
/// A feature's vector is what the vectors of the movies with it have in common, beyond what all have: the least-squares fit of
/// the vectors of liked movies by the sum of their features' vectors and one of all, by normalised steps, one a like (Widrow
/// and Hoff, "Adaptive Switching Circuits", 1960). The sum of its features' vectors is what a movie's vector is predicted to
/// be; a movie that comes begins there, so users meet it by their tastes for its features.
///
/// With each event one movie, in turn, follows: what was predicted for it when it followed last is replaced by what is
/// predicted now, and its own part, which ratings and drawings move meanwhile, stays. It goes 1 / (1 + ratings) of that way:
/// all of it until somebody rates it, ever less as its own ratings speak.
final class FeatureShares {
    /// The least step of a fit; before, it is the mean of what came.
    private static let stepMin: Float = 0.002

    private let features: FeatureTable
    private let dimension: Int
    /// Of all movies, then of each feature of movies in the order of their names; behind each its number of steps.
    private let vectors: EmbeddingTable
    /// By movie: what its vector has from its features.
    private let taken: EmbeddingTable
    private let difference: UnsafeMutablePointer<Float>

    /// - Parameter features: Who has which; whoever owns it describes a movie there first.
    init(dimension: Int, features: FeatureTable) {
        self.features = features
        self.dimension = dimension
        vectors = EmbeddingTable(dimension: dimension, scalarCount: 1)
        taken = EmbeddingTable(dimension: dimension, scalarCount: 0)
        difference = .allocate(capacity: dimension)
        growVectors()
    }

    deinit { difference.deallocate() }

    private func growVectors() { while vectors.count < 1 + features.names.count { _ = vectors.rows.append() } }

    private static let all: UInt32 = 0

    @inline(__always)
    private func row(_ feature: UInt32) -> UInt32 { feature - UInt32(UserFeatures.count) + 1 }

    /// A movie whose vector owes nothing to any feature has the row from now on.
    func add(_ movie: UInt32) {
        growVectors()
        while taken.count <= Int(movie) { _ = taken.rows.append() }
        taken.mutableVector(movie).update(repeating: 0, count: dimension)
    }

    func removeAll() {
        vectors.rows.removeAll()
        taken.rows.removeAll()
        growVectors()
    }

    /// The movie's features are others now; one that nobody rated has nothing of the old ones any more.
    func describe(_ movie: UInt32, vector: UnsafeMutablePointer<Float>, ratings: Float) {
        growVectors()
        follow(movie, vector: vector, ratings: ratings)
    }

    /// Whether anything is known of the movie.
    @inline(__always)
    func hasFeatures(_ movie: UInt32) -> Bool { features.count(ofMovie: movie) > 0 }

    /// The movie's vector goes toward what its features predict by now.
    @inline(__always)
    func follow(_ movie: UInt32, vector: UnsafeMutablePointer<Float>, ratings: Float) {
        guard let axpy = mq_kernels().pointee.axpy else { preconditionFailure("kernels are complete") }
        let before = taken.mutableVector(movie)
        difference.update(repeating: 0, count: dimension)
        features.forEach(ofMovie: movie) { axpy(1, vectors.vector(row($0)), difference, dimension) }
        axpy(-1, before, difference, dimension)
        let step = 1 / (1 + ratings)
        axpy(step, difference, before, dimension)
        axpy(step, difference, vector, dimension)
    }

    /// Somebody liked the movie: its features learn its vector.
    @inline(__always)
    func learn(_ movie: UInt32, vector: UnsafePointer<Float>) {
        guard let axpy = mq_kernels().pointee.axpy else { preconditionFailure("kernels are complete") }
        difference.update(from: vector, count: dimension)
        axpy(-1, vectors.vector(Self.all), difference, dimension)
        features.forEach(ofMovie: movie) { axpy(-1, vectors.vector(row($0)), difference, dimension) }
        let part = 1 / Float(1 + features.count(ofMovie: movie))
        func step(_ row: UInt32) {
            let vector = vectors.mutableVector(row)
            axpy(part * max(Self.stepMin, 1 / (vector[dimension] + 1)), difference, vector, dimension)
            vector[dimension] += 1
        }
        step(Self.all)
        features.forEach(ofMovie: movie) { step(row($0)) }
    }

    // MARK: State

    var tables: [StateTable] {
        [StateTable("ranking-features", vectors.rows), StateTable("ranking-shares", taken.rows)]
    }

    var bytesPerMovie: Int { taken.rows.rowBytes }

    /// The tables and the features have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when they do not fit each other.
    func check(movieCount: Int) throws {
        guard vectors.count == 1 + features.names.count, taken.count == movieCount else {
            throw StateImage.Failure.impossible(
                "\(vectors.count) vectors for \(features.names.count) features, \(taken.count) shares for \(movieCount) movies"
            )
        }
    }
}
