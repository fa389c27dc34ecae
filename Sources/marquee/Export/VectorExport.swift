import Events
import Learning
import MovieLens

/// Movies' features and vectors, and users' vectors, ready to be written.
///
/// Score of a movie for a user = inner product of their vectors + the movie's offset.
struct VectorExport {
    /// With x = mean + inner product of these vectors, which are not those of lists, - 3.5, within -3…2, predicted stars are
    /// the curve's polynomial in x.
    struct Stars {
        var mean: Float
        /// Coefficients, lowest power first.
        var curve: [Double]
        var dimension: Int
        /// `[movies, dimension]` and `[users, dimension]`.
        var movieVectors: [Float] = []
        var userVectors: [Float] = []
    }

    /// Where it comes from, by the names of the file's metadata.
    var source: [String: String] = [:]
    /// By ascending id.
    var movies: [Movie] = []
    var genres: GenreVocabulary
    var words: TitleVocabulary
    let dimension: Int
    /// `[movies, dimension]` and `[users, dimension]`.
    var movieVectors: [Float] = []
    var userVectors: [Float] = []
    /// Nil where no movie has any.
    var movieOffsets: [Float]?
    /// By ascending id.
    var userIDs: [Int64] = []
    /// For each user the movies that he rated: their places in `movies`.
    var rated: [[UInt32]] = []
    var stars: Stars?

    func movieVector(_ place: Int) -> ArraySlice<Float> {
        movieVectors[place * dimension..<(place + 1) * dimension]
    }

    func userVector(_ place: Int) -> ArraySlice<Float> { userVectors[place * dimension..<(place + 1) * dimension] }

    func features(of movie: Movie) -> FusionMovieFeatures {
        FusionMovieFeatures(genres: genres.numbers(of: movie), words: words.numbers(of: movie.title))
    }
}
