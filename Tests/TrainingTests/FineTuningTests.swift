import Events
import Foundation
import Learning
import MovieLens
import Testing
import Training

/// Where `MARQUEE_TEST_DATA` names a folder that has it.
private let published: String? = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"]
    .flatMap { FileManager.default.fileExists(atPath: $0 + "/ml-100k/ratings.dat") ? $0 + "/ml-100k" : nil }

struct FineTuningTests {
    /// Root mean square error of a stream's ratings, each predicted before it is learnt.
    private func error(
        of model: FusionModel, rate: Float, on ratings: RatingTable, from first: Int, _ dataset: MovieLensDataset
    ) throws -> Double {
        var settings = FusionOnlineModel.Settings()
        settings.learningRate = rate
        let learner = Learner(
            model: FusionOnlineModel(model, digest: "", settings), batchCapacity: RatingBatch.capacity)
        for movie in try dataset.movies() { _ = learner.announce(movie) }
        for user in try dataset.users() { _ = learner.describe(user) }
        let batch = RatingBatch(capacity: RatingBatch.capacity)
        let outcomes = RatingOutcomes(capacity: RatingBatch.capacity)
        var squares = 0.0
        for start in stride(from: first, to: ratings.count, by: RatingBatch.capacity) {
            batch.removeAll()
            for row in start..<min(start + RatingBatch.capacity, ratings.count) {
                let at = batch.count
                batch.userIDs[at] = Int64(ratings.userIDs[row])
                batch.movieIDs[at] = Int64(ratings.movieIDs[row])
                batch.halfStars[at] = ratings.halfStars[row]
                batch.operations[at] = Rating.Operation.set.rawValue
                batch.eventTimes[at] = ratings.timestampsSeconds[row] * 1000
                batch.recordTimestamps[at] = ratings.timestampsSeconds[row] * 1000
                batch.count += 1
            }
            learner.apply(batch, 0..<batch.count, outcomes)
            for at in 0..<batch.count {
                let error = Double(min(5, max(1, outcomes.predictions[at])) - Float(batch.halfStars[at]) / 2)
                squares += error * error
            }
        }
        return (squares / Double(ratings.count - first)).squareRoot()
    }

    /// Trained on the first half of the stream, then the second half passes.
    @Test(.enabled(if: published != nil, "needs MARQUEE_TEST_DATA with ml-100k"))
    func whatPassesMakesItBetterThanWhatWasTrained() throws {
        let dataset = try MovieLensDataset(directory: published ?? "")
        let ratings = try dataset.ratings().sortedByTime()
        let half = ratings.count / 2
        let set = try FusionTrainingSet(
            name: "first half", ratings: ratings.prefix(half), movies: try dataset.movies(),
            users: try dataset.users())
        var settings = FusionTrainerSettings()
        settings.epochsMax = 12
        let model = try #require(FusionTrainer(set, settings).train()).model
        let frozen = try error(of: model, rate: 0, on: ratings, from: half, dataset)
        let tuned = try error(
            of: model, rate: FusionOnlineModel.Settings().learningRate, on: ratings, from: half, dataset)
        print("fusion model, second half of ml-100k: RMSE \(frozen) frozen, \(tuned) fine-tuned")
        #expect(tuned < frozen - 0.02)
    }
}

extension RatingBatch {
    fileprivate static let capacity = 4096
}
