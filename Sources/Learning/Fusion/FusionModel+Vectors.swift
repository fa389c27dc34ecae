extension FusionModel {
    /// The vector of a movie of the catalogue, of length 1: the towers' `paddedDimension` floats.
    public func movieVector(_ position: Int, _ towers: FusionTowers, into vector: UnsafeMutablePointer<Float>) {
        let movie = movies[position]
        let length = dimensions.embedding
        parameters.withRow(.movieEmbedding, Int(movie.movieID), length) {
            towers.movie(features(of: movie), embedding: $0, into: vector)
        }
    }

    /// The vector of a user, of length 1: the towers' `paddedDimension` floats.
    ///
    /// - Parameters:
    ///   - user: Nil for one whom training did not know: he gets the mean of all embeddings.
    ///   - profile: What it says beats what is known of the user.
    public func userVector(_ user: FusionUser?, _ profile: FusionProfile, _ towers: FusionTowers) -> [Float] {
        var merged = user?.profile ?? FusionProfile()
        if let gender = profile.gender { merged.gender = gender }
        if let age = profile.age { merged.age = age }
        if let occupation = profile.occupation { merged.occupation = occupation }
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        if let user {
            parameters.withRow(.userEmbedding, Int(user.id), dimensions.embedding) {
                towers.user(merged, embedding: $0, into: &vector)
            }
        } else {
            towers.user(merged, embedding: meanUserEmbedding(), into: &vector)
        }
        return vector
    }
}

extension FusionParameters {
    /// A row of an embedding, borrowed.
    func withRow<Result>(
        _ tensor: FusionTensor, _ row: Int, _ length: Int, _ body: (UnsafePointer<Float>) -> Result
    ) -> Result {
        self[tensor].withUnsafeBufferPointer { table in
            precondition(row >= 0 && (row + 1) * length <= table.count)
            guard let base = table.baseAddress else { preconditionFailure("an embedding has rows") }
            return body(base + row * length)
        }
    }
}
