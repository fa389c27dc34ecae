/// The sizes of the fusion model's layers; settings, because more than one variant of it was published.
public struct FusionDimensions: Sendable, Equatable {
    /// Length of the embeddings of ids, genres and title words, and of the layers behind the ids.
    public var embedding = 32
    /// Length of the embeddings of gender, age and occupation, and of the layers behind them.
    public var sideEmbedding = 16
    /// Filters of the convolution over a title's words.
    public var titleFilters = 32
    /// Words that a filter sees; odd, so that it has a middle.
    public var convolutionWidth = 3
    /// Length of the vectors of users and movies.
    public var tower = 200

    public init() {}

    /// The older variant of the PaddlePaddle book: 256 everywhere, and a convolution over five words.
    public static let older = {
        var dimensions = FusionDimensions()
        dimensions.embedding = 256
        dimensions.sideEmbedding = 256
        dimensions.titleFilters = 256
        dimensions.convolutionWidth = 5
        dimensions.tower = 256
        return dimensions
    }()

    /// Largest length of a layer.
    public static let lengthMax = 1024
    /// Widest convolution.
    public static let convolutionWidthMax = 31

    /// What is wrong with them, as the end of a sentence; nil when nothing is.
    public var problem: String? {
        for (name, length) in [
            ("embedding", embedding), ("side embedding", sideEmbedding), ("title filters", titleFilters),
            ("tower", tower),
        ] where length < 1 || length > Self.lengthMax {
            return "\(name) has a length of \(length), but 1 to \(Self.lengthMax) are possible"
        }
        guard convolutionWidth % 2 == 1, 1...Self.convolutionWidthMax ~= convolutionWidth else {
            return "the convolution is \(convolutionWidth) words wide, but it must be odd and 1 to "
                + "\(Self.convolutionWidthMax)"
        }
        return nil
    }

    /// Inputs of the user tower's last layer: id, gender, age, occupation.
    public var userConcatenation: Int { embedding + 3 * sideEmbedding }
    /// Inputs of the movie tower's last layer: id, genres, title.
    public var movieConcatenation: Int { 2 * embedding + titleFilters }
}
