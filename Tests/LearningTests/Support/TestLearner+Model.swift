import CVectorKernels
import Learning

extension BiasedMatrixFactorization.Settings {
    /// Vectors that start at zero stay there: the gradient of each is a multiple of the other.
    static let biasesAlone = {
        var settings = Self()
        settings.initialScale = 0
        return settings
    }()
}

extension TestLearner {
    func query(_ user: UInt32) -> [Float] {
        var vector = [Float](repeating: .nan, count: model.dimension)
        model.query(user, profile: learner.users.pointer(user).pointee, into: &vector)
        return vector
    }

    func item(_ movie: UInt32) -> (vector: [Float], offset: Float) {
        var vector = [Float](repeating: .nan, count: model.dimension)
        let offset = model.item(movie, into: &vector)
        return (vector, offset)
    }

    /// The stars that the model would predict now, by the way that lists take: score, then stars.
    func foreseenStars(user: UInt32, movie: UInt32) -> Float {
        let item = item(movie)
        let score = mq_dot16(query(user), item.vector, model.dimension) + item.offset
        return model.predictedStars(
            user: user, profile: learner.users.pointer(user).pointee, movie: movie, score: score)
    }
}
