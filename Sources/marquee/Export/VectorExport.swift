import Events
import Learning
import MovieLens

/// Movies' features and both towers' vectors, ready to be written.
///
/// Movies are the data set's; one that training did not know has the mean id embedding, and of its genres and words those
/// in the vocabularies.
struct VectorExport {
    let model: FusionModel
    /// By ascending id.
    let movies: [Movie]
    let dimension: Int
    /// Of length 1: `[movies, dimension]` and `[users, dimension]`.
    let movieVectors: [Float]
    let userVectors: [Float]

    init(_ model: FusionModel, movies announced: [Movie]) {
        self.model = model
        let towers = FusionTowers(model.parameters)
        dimension = towers.dimension
        var positions: [Int64: Int] = [:]
        for (position, movie) in model.movies.enumerated() { positions[movie.movieID] = position }
        let new = announced.filter { positions[$0.movieID] == nil }
        movies = (model.movies + new).sorted { $0.movieID < $1.movieID }

        let mean = model.meanMovieEmbedding()
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        var rows: [Float] = []
        for movie in movies {
            if let position = positions[movie.movieID] {
                model.movieVector(position, towers, into: &vector)
            } else {
                towers.movie(model.features(of: movie), embedding: mean, into: &vector)
            }
            rows += vector[..<towers.dimension]
        }
        movieVectors = rows
        userVectors = model.users.flatMap { model.userVector($0, FusionProfile(), towers)[..<towers.dimension] }
    }
}
