extension RatingHead {
    /// What version 3 of the numerics learnt, which had no slopes, tastes, popularity nor curve, as this version has it: what
    /// was predicted stays the same at first, within the curve's range. After `restore`.
    ///
    /// - Parameter ratings: How many there were of a movie.
    func takeOverVersion3(ratings: (UInt32) -> Float) {
        features.takeOverVersion3()
        for user in 0..<UInt32(users.count) {
            let covariance = users.mutableVector(user) + length
            // A free row has none.
            if covariance[Self.userBias * (length + 1)] > 0 {
                covariance[Self.movieBias * (length + 1)] = Self.slopeVariance
                userTastes.begin(user)
            } else {
                userTastes.addErased(user)
            }
        }
        for movie in 0..<UInt32(movies.count) {
            movieTastes.begin(movie)
            movieTastes.setScalar(movie, 0, ratings(movie))
        }
        popularity.begin(after: (0..<UInt32(movies.count)).map(ratings))
        var genres = [UInt8](repeating: 0, count: FeatureTable.perMovieMax)
        for movie in 0..<UInt32(movies.count) {
            let mean = movies.mutableVector(movie)
            mean[popularityFactor] -= popularityOffset(ratings: movieTastes.scalar(movie, 0))
            mean[yearsFactor] -= features.genres(ofMovie: movie, into: &genres).years
        }
    }
}
