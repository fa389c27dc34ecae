import Events
import Learning
import Recommending
import Streaming
import Synchronization

/// Test-then-learn figures while the service runs: RMSE of the stars predicted before each rating was learnt, and
/// Recall@10 of lists that a sample of liked ratings asked for before they were learnt.
///
/// It reads only. Ratings that taught nothing have no prediction and are left out, and so are lists of users who are
/// not known yet.
final class LiveEvaluation: LearningObserver {
    /// The figures so far, to be read from any thread.
    final class Figures: Sendable {
        fileprivate struct Sums {
            var squaredError = 0.0
            var predictions = 0
            var hits = 0
            var lists = 0
        }

        private let sums = Mutex(Sums())

        var rmse: Double? {
            sums.withLock { $0.predictions == 0 ? nil : ($0.squaredError / Double($0.predictions)).squareRoot() }
        }
        var recall10: Double? { sums.withLock { $0.lists == 0 ? nil : Double($0.hits) / Double($0.lists) } }
        var lists: Int { sums.withLock { $0.lists } }

        fileprivate func set(_ new: Sums) { sums.withLock { $0 = new } }
    }

    private let figures: Figures
    private let recommender: Recommender
    private let sampleOneIn: UInt64
    private let predictionRange: ClosedRange<Float>
    private var sums = Figures.Sums()

    /// - Parameter sampleOneIn: a list is asked for at one in so many ratings of four stars or more.
    init(
        _ recommender: Recommender, sampleOneIn: Int, predictionRange: ClosedRange<Float>, figures: Figures
    ) {
        self.recommender = recommender
        self.sampleOneIn = UInt64(max(1, sampleOneIn))
        self.predictionRange = predictionRange
        self.figures = figures
    }

    func nextStop(_ ratings: RatingBatch, from: Int) -> Int {
        var row = from
        while row < ratings.count {
            let isSampled = RankingSample.contains(
                user: ratings.userIDs[row], movie: ratings.movieIDs[row], halfStars: ratings.halfStars[row],
                oneIn: sampleOneIn)
            if isSampled { return row }
            row += 1
        }
        return row
    }

    func observe(_ ratings: RatingBatch, _ row: Int, _ processor: StreamProcessor) throws {
        // Asking for the row would make one, and nothing of this may enter the state.
        var user = recommender.learner.users.row(of: ratings.userIDs[row])
        if user == IdentityMap.none { return }
        try recommender.refreshIndex()
        try withUnsafePointer(to: &user) {
            try recommender.recommend(
                UnsafeBufferPointer(start: $0, count: 1), length: PrequentialMetrics.listLength)
        }
        sums.lists += 1
        if recommender.results.ids(of: 0).contains(ratings.movieIDs[row]) { sums.hits += 1 }
    }

    func learned(_ ratings: RatingBatch, _ outcomes: RatingOutcomes) {
        for row in 0..<ratings.count {
            let predicted = outcomes.predictions[row]
            if predicted.isNaN { continue }
            let stars = min(predictionRange.upperBound, max(predictionRange.lowerBound, predicted))
            let error = stars - Float(ratings.halfStars[row]) / 2
            sums.squaredError += Double(error * error)
            sums.predictions += 1
        }
        figures.set(sums)
    }
}
