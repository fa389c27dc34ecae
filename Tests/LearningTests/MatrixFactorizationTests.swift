import CVectorKernels
import Events
import Foundation
import Testing

@testable import Learning

struct MatrixFactorizationTests {
    /// Vectors of zeros stay zeros, so the biases alone learn: numbers that a pencil gives.
    @Test func biasesStepAsComputedByHand() {
        let test = TestLearner(.biasesAlone)
        test.apply([.set(1, 1, 10, at: 1), .set(1, 2, 2, at: 2), .set(1, 1, 8, at: 3), .remove(1, 2, at: 4)])
        let predictions = test.predictions(4)
        // The mean starts at 3.5 with the weight of ten ratings: 70 half stars.
        #expect(predictions[0] == 3.5)
        // Error 1.5, both biases become 0.02 × 1.5 = 0.03; mean (70 + 10) / (2 × 11) = 3.636363….
        #expect(abs(predictions[1] - (80.0 / 22 + 0.03)) < 1e-6)
        // Error 1 - 3.666363… = -2.666363…; the user's bias 0.03 + 0.02 × (error - 0.01 × 0.03) = -0.02333327…;
        // mean (80 + 2) / (2 × 12); movie 1 still has its 0.03.
        let error: Float = 1 - (80.0 / 22 + 0.03)
        let userBias: Float = 0.03 + 0.02 * (error - 0.0003)
        #expect(abs(predictions[2] - (82.0 / 24 + userBias + 0.03)) < 1e-6)
        #expect(predictions[3].isNaN)
        // Changed 10 to 8 and removed 2: 70 + 8 half stars of eleven ratings.
        let changeError = 4 - predictions[2]
        let afterChange = userBias + 0.02 * (changeError - 0.01 * userBias)
        #expect(
            abs(test.model.predictedStars(user: 0, profile: UserRow(), movie: 1, score: 0) - (78.0 / 22 + afterChange))
                < 1e-6)
        #expect(abs(test.item(1).offset - 0.02 * error) < 1e-6, "what was learnt from a removed rating stays")
    }

    /// Koren, Bell and Volinsky's step, from the rows as they were.
    @Test func vectorsStepByEachOthersOldValue() throws {
        let test = TestLearner()
        test.apply([.set(1, 1, 7, at: 1)])
        let (user, movie) = (test.query(0), test.item(0))
        let foreseen = test.foreseenStars(user: 0, movie: 0)
        test.apply([.set(1, 1, 9, at: 2)])
        let prediction = test.predictions(1)[0]
        #expect(abs(prediction - foreseen) < 1e-5, "predicted with the state before the event")

        let error = 4.5 - prediction
        let (eta, regularization): (Float, Float) = (0.02, 0.03)
        for at in 0..<32 {
            let (u, m) = (user[at], movie.vector[at])
            #expect(test.query(0)[at] == fmaf(eta, fmaf(error, m, -regularization * u), u))
            #expect(test.item(0).vector[at] == fmaf(eta, fmaf(error, u, -regularization * m), m))
        }
        #expect(test.item(0).offset == movie.offset + 0.02 * (error - 0.01 * movie.offset))
        #expect(test.foreseenStars(user: 0, movie: 0) > foreseen, "towards the rating")
    }

    @Test func onlyMoviesThatMovedAreDirty() {
        let test = TestLearner()
        test.apply((1...9).map { .set(1, $0, 7, at: 1) })
        test.model.clearDirty()
        test.apply([
            .set(1, 3, 7, at: 1), .set(1, 4, 7, at: 2), .set(1, 8, 2, at: 2), .remove(1, 6, at: 3),
            .set(2, 5, 2, at: 3), .set(1, 8, 3, at: 4),
        ])
        #expect(test.model.dirtyMovies.sorted() == [4, 7])
    }

    @Test func settingsThatChangeTheBitsChangeTheText() {
        let base = BiasedMatrixFactorization.Settings()
        var texts = [BiasedMatrixFactorization(base).settings]
        let changes: [(inout BiasedMatrixFactorization.Settings) -> Void] = [
            { $0.dimension = 16 }, { $0.learningRate = 0.03 }, { $0.biasLearningRate = 0.03 },
            { $0.regularization = 0.02 }, { $0.biasRegularization = 0.03 }, { $0.initialScale = 0.2 }, { $0.seed = 2 },
        ]
        for change in changes {
            var settings = base
            change(&settings)
            texts.append(BiasedMatrixFactorization(settings).settings)
        }
        #expect(Set(texts).count == 8)
    }
}
