import CVectorKernels

/// The forward pass of both towers, for serving: the same parameters give the same bits on every machine.
///
/// Up to the tanh of a tower all is linear but the title, so what depends on an id, a code or a genre is folded into
/// one matrix or one row of the tower's length when this is made: with E an embedding, (E W + b) Wₒ = E (W Wₒ) + b Wₒ.
/// Sums go in a written-out order, each product by fma. Rows of the tower's length are padded with zeros to whole groups
/// of 16.
public final class FusionTowers: Sendable {
    public let sizes: FusionSizes
    /// Length of the vectors that the towers give.
    public var dimension: Int { sizes.dimensions.tower }
    /// The same, rounded up to the kernels' lanes.
    public let paddedDimension: Int

    let userMatrix: FusionRows
    let userBase: FusionRows
    let genders: FusionRows
    let ages: FusionRows
    let occupations: FusionRows
    let movieMatrix: FusionRows
    let movieBase: FusionRows
    let genres: FusionRows
    let titleMatrix: FusionRows
    let title: FusionTitle

    public init(_ parameters: FusionParameters) {
        sizes = parameters.sizes
        let fold = FusionFolding(parameters)
        paddedDimension = fold.padded
        let side = sizes.dimensions.sideEmbedding
        let embedding = sizes.dimensions.embedding
        userMatrix = fold.matrix(.userWeight, .userTowerWeight, from: 0)
        genders = fold.table(.genderEmbedding, .genderWeight, .userTowerWeight, from: embedding)
        ages = fold.table(.ageEmbedding, .ageWeight, .userTowerWeight, from: embedding + side)
        occupations = fold.table(.occupationEmbedding, .occupationWeight, .userTowerWeight, from: embedding + 2 * side)
        userBase = fold.base(
            .userTowerBias, .userTowerWeight,
            [
                (.userBias, 0), (.genderBias, embedding), (.ageBias, embedding + side),
                (.occupationBias, embedding + 2 * side),
            ])
        movieMatrix = fold.matrix(.movieWeight, .movieTowerWeight, from: 0)
        movieBase = fold.base(.movieTowerBias, .movieTowerWeight, [(.movieBias, 0)])
        genres = fold.rows(.genreEmbedding, .movieTowerWeight, from: embedding)
        titleMatrix = fold.slice(.movieTowerWeight, rows: 2 * embedding..<2 * embedding + sizes.dimensions.titleFilters)
        title = FusionTitle(parameters)
    }

    // MARK: Users

    /// What a user's tower adds up before its tanh, the id apart: `paddedDimension` floats.
    public func userBase(_ profile: FusionProfile, into sum: UnsafeMutablePointer<Float>) {
        sum.update(from: userBase.row(0), count: paddedDimension)
        if let gender = profile.gender { mq_axpy(1, genders.row(gender), sum, paddedDimension) }
        if let age = profile.age { mq_axpy(1, ages.row(age), sum, paddedDimension) }
        if let occupation = profile.occupation { mq_axpy(1, occupations.row(occupation), sum, paddedDimension) }
    }

    /// The vector of a user, of length 1: `paddedDimension` floats, zeros behind `dimension`.
    ///
    /// - Parameter embedding: Of his id, or the mean of all.
    public func user(
        _ profile: FusionProfile, embedding: UnsafePointer<Float>, into vector: UnsafeMutablePointer<Float>
    ) {
        userBase(profile, into: vector)
        add(embedding, times: userMatrix, to: vector)
        finish(vector)
    }

    // MARK: Movies

    /// What a movie's tower adds up before its tanh, the id apart: `paddedDimension` floats.
    public func movieBase(_ features: FusionMovieFeatures, into sum: UnsafeMutablePointer<Float>) {
        sum.update(from: movieBase.row(0), count: paddedDimension)
        for genre in features.genres { mq_axpy(1, genres.row(genre), sum, paddedDimension) }
        let pooled = title.pooled(features.words)
        for (place, value) in pooled.enumerated() { mq_axpy(value, titleMatrix.row(place), sum, paddedDimension) }
    }

    /// The vector of a movie, of length 1: `paddedDimension` floats, zeros behind `dimension`.
    public func movie(
        _ features: FusionMovieFeatures, embedding: UnsafePointer<Float>, into vector: UnsafeMutablePointer<Float>
    ) {
        movieBase(features, into: vector)
        add(embedding, times: movieMatrix, to: vector)
        finish(vector)
    }

    // MARK: Steps

    /// sum += embedding · matrix.
    @inline(__always)
    func add(_ embedding: UnsafePointer<Float>, times matrix: FusionRows, to sum: UnsafeMutablePointer<Float>) {
        for place in 0..<matrix.count { mq_axpy(embedding[place], matrix.row(place), sum, paddedDimension) }
    }

    /// tanh, then brought to length 1.
    @inline(__always)
    private func finish(_ vector: UnsafeMutablePointer<Float>) {
        mq_tanh(vector, paddedDimension)
        normalize(vector)
    }

    /// Brings a vector to length 1 and returns one over its length; zeros stay zeros.
    @inline(__always)
    @discardableResult
    func normalize(_ vector: UnsafeMutablePointer<Float>) -> Float {
        let square = mq_dot16(vector, vector, paddedDimension)
        let scale = square > 0 ? 1 / square.squareRoot() : 0
        for place in 0..<paddedDimension { vector[place] *= scale }
        return scale
    }
}
