import Events
import Learning
import MovieLens

extension VectorExport {
    /// Both towers' vectors of a trained model, of length 1.
    ///
    /// Movies are the data set's; one that training did not know has the mean id embedding, and of its genres and words
    /// those in the vocabularies.
    init(_ model: FusionModel, movies announced: [Movie]) {
        let towers = FusionTowers(model.parameters)
        self.init(genres: model.genres, words: model.words, dimension: towers.dimension)
        source = ["model": "fusion"]
        var positions: [Int64: Int] = [:]
        for (position, movie) in model.movies.enumerated() { positions[movie.movieID] = position }
        let new = announced.filter { positions[$0.movieID] == nil }
        movies = (model.movies + new).sorted { $0.movieID < $1.movieID }

        let mean = model.meanMovieEmbedding()
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        for movie in movies {
            if let position = positions[movie.movieID] {
                model.movieVector(position, towers, into: &vector)
            } else {
                towers.movie(model.features(of: movie), embedding: mean, into: &vector)
            }
            movieVectors += vector[..<towers.dimension]
        }

        var places: [Int64: UInt32] = [:]
        for (place, movie) in movies.enumerated() { places[movie.movieID] = UInt32(place) }
        userIDs = model.users.map(\.id)
        userVectors = model.users.flatMap { model.userVector($0, FusionProfile(), towers)[..<towers.dimension] }
        rated = model.users.map { user in user.rated.compactMap { places[model.movies[Int($0)].movieID] } }
    }
}
