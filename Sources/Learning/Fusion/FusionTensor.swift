/// The learnt tensors of the fusion model, by the names that they have in a file.
///
/// Weights of layers are row-major `[inputs, outputs]`: y = x W + b.
public enum FusionTensor: String, CaseIterable, Sendable {
    case userEmbedding = "user.id.embedding"
    case userWeight = "user.id.weight"
    case userBias = "user.id.bias"
    case genderEmbedding = "user.gender.embedding"
    case genderWeight = "user.gender.weight"
    case genderBias = "user.gender.bias"
    case ageEmbedding = "user.age.embedding"
    case ageWeight = "user.age.weight"
    case ageBias = "user.age.bias"
    case occupationEmbedding = "user.occupation.embedding"
    case occupationWeight = "user.occupation.weight"
    case occupationBias = "user.occupation.bias"
    case userTowerWeight = "user.tower.weight"
    case userTowerBias = "user.tower.bias"
    case movieEmbedding = "movie.id.embedding"
    case movieWeight = "movie.id.weight"
    case movieBias = "movie.id.bias"
    case genreEmbedding = "movie.genre.embedding"
    case wordEmbedding = "movie.title.embedding"
    case titleWeight = "movie.title.convolution.weight"
    case titleBias = "movie.title.convolution.bias"
    case movieTowerWeight = "movie.tower.weight"
    case movieTowerBias = "movie.tower.bias"

    /// Whether it starts at zero, as opposed to random.
    public var isBias: Bool { rawValue.hasSuffix(".bias") }
}

/// How many rows the embeddings have, and the layers' lengths: everything that shapes depend on.
public struct FusionSizes: Sendable, Equatable {
    public var dimensions: FusionDimensions
    /// Rows of the embeddings of ids: the largest id + 1.
    public var userRows: Int
    public var movieRows: Int
    public var genres: Int
    public var words: Int

    public init(dimensions: FusionDimensions, userRows: Int, movieRows: Int, genres: Int, words: Int) {
        self.dimensions = dimensions
        self.userRows = userRows
        self.movieRows = movieRows
        self.genres = genres
        self.words = words
    }

    public func shape(of tensor: FusionTensor) -> [Int] {
        let embedding = dimensions.embedding
        let side = dimensions.sideEmbedding
        return switch tensor {
        case .userEmbedding: [userRows, embedding]
        case .movieEmbedding: [movieRows, embedding]
        case .genreEmbedding: [genres, embedding]
        case .wordEmbedding: [words, embedding]
        case .userWeight, .movieWeight: [embedding, embedding]
        case .userBias, .movieBias: [embedding]
        case .genderEmbedding: [FusionProfile.genders, side]
        case .ageEmbedding: [FusionProfile.ages.count, side]
        case .occupationEmbedding: [FusionProfile.occupations, side]
        case .genderWeight, .ageWeight, .occupationWeight: [side, side]
        case .genderBias, .ageBias, .occupationBias: [side]
        case .userTowerWeight: [dimensions.userConcatenation, dimensions.tower]
        case .movieTowerWeight: [dimensions.movieConcatenation, dimensions.tower]
        case .userTowerBias, .movieTowerBias: [dimensions.tower]
        case .titleWeight: [dimensions.convolutionWidth * embedding, dimensions.titleFilters]
        case .titleBias: [dimensions.titleFilters]
        }
    }

    public func count(of tensor: FusionTensor) -> Int { shape(of: tensor).reduce(1, *) }
}
