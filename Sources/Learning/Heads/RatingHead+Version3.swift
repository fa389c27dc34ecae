extension RatingHead {
    /// What version 3 of the numerics learnt, which had no slopes, tastes, popularity nor curve, as this version has it: what was
    /// predicted stays the same at first, within the curve's range.
    func takeOverVersion3() {
        features.takeOverVersion3()
        for user in 0..<UInt32(users.count) {
            userTastes.begin(user)
            let covariance = users.mutableVector(user) + length
            // A free row has none.
            if covariance[Self.userBias * (length + 1)] > 0 {
                covariance[Self.movieBias * (length + 1)] = Self.slopeVariance
            }
        }
        for movie in 0..<UInt32(movies.count) {
            movieTastes.begin(movie)
            movieTastes.setScalar(movie, 0, ratingsOfVersion3(movie))
        }
        takeOverPopularity()
        var genres = [UInt8](repeating: 0, count: FeatureTable.perMovieMax)
        for movie in 0..<UInt32(movies.count) {
            let mean = movies.mutableVector(movie)
            mean[popularityFactor] -= popularityOffset(ratings: movieTastes.scalar(movie, 0))
            mean[yearsFactor] -= features.genres(ofMovie: movie, into: &genres).years
        }
    }

    /// About as many as the certainty of the movie's bias took.
    private func ratingsOfVersion3(_ movie: UInt32) -> Float {
        let variance = movies.vector(movie)[length + Self.movieBias * (length + 1)]
        return max(0, setup.noise * (1 / max(variance, setup.movieDrift) - 1 / setup.movieBiasVariance)).rounded()
    }

    /// The scale has what it would have after those ratings.
    private func takeOverPopularity() {
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for movie in 0..<UInt32(movies.count) {
            let ratings = movieTastes.scalar(movie, 0)
            let logarithm = Double(PopularityScale.logarithm(ratings: ratings))
            sum += Double(ratings) * logarithm
            squares += Double(ratings) * (logarithm * logarithm)
            count += Double(ratings)
        }
        guard count > 0 else { return }
        let mean = sum / count
        popularity.set(mean: mean, variance: max(0, squares / count - mean * mean), count: count)
    }
}
