import Events
import Learning
import Recommending
import Streaming
import VectorIndex

/// Test-then-learn figures while the service runs: RMSE of the stars predicted before each rating was learnt, and
/// Recall@10 and NDCG@10 of lists that a sample of liked ratings asked for before they were learnt; beside them those of the
/// popular, and of a copy of the model that stands still.
///
/// It reads only. Ratings that taught nothing have no prediction and are left out, and so are lists of users who are
/// not known yet.
final class LiveEvaluation: LearningObserver {
    struct Settings {
        /// A list is asked for at one in so many ratings of four stars or more.
        var sampleOneIn = 100
        /// Between two samples at least: under load fewer are taken, for each brings the index up to the model.
        var intervalSecondsMin = 0.0
        /// What predictions are clipped to.
        var predictionRange: ClosedRange<Float> = 0.5...5
        /// After so many lists all that came before counts half; nil = everything counts alike.
        var halvesAfterLists: Double?
        /// Makes the copy that stands still; nil = there is none.
        var makeModel: (@Sendable () throws -> any OnlineModel)?
        /// With a larger state there is no copy: nearly every row changes, so it would take as much memory again.
        var frozenStateBytesMax = 256 << 20
        /// The copy is made when so many ratings are learnt, and again whenever they have doubled.
        var freezesAfter: Int64 = 1000
    }

    private let settings: Settings
    private let figures: LiveFigures
    private let recommender: Recommender
    private let oneIn: UInt64
    private var sums = LiveFigures.Sums()
    private var frozen: FrozenCopy?
    private var nextSampleSeconds = 0.0
    /// What the copy predicted for sampled ratings of the batch, by row.
    private var frozenStars: [(row: Int, stars: Float)] = []

    init(_ recommender: Recommender, _ settings: Settings, figures: LiveFigures) {
        self.recommender = recommender
        self.settings = settings
        self.figures = figures
        oneIn = UInt64(max(1, settings.sampleOneIn))
    }

    func nextStop(_ ratings: RatingBatch, from: Int) -> Int {
        if settings.intervalSecondsMin > 0, MonotonicTime.seconds < nextSampleSeconds { return ratings.count }
        var row = from
        while row < ratings.count {
            let (user, movie) = (ratings.userIDs[row], ratings.movieIDs[row])
            if RankingSample.isDrawn(user: user, movie: movie, oneIn: oneIn) { return row }
            row += 1
        }
        return row
    }

    func observe(_ ratings: RatingBatch, _ row: Int, _ processor: StreamProcessor) throws {
        defer { nextSampleSeconds = MonotonicTime.seconds + settings.intervalSecondsMin }
        // Asking for the row would make one, and nothing of this may enter the state.
        let learner = recommender.learner
        let user = learner.users.row(of: ratings.userIDs[row])
        if user == IdentityMap.none { return }
        try refreeze()
        let movie = learner.movies.row(of: ratings.movieIDs[row])
        if movie != IdentityMap.none, let stars = frozen?.predictedStars(user: user, movie: movie) {
            frozenStars.append((row, stars))
        }
        if ratings.halfStars[row] >= RankingSample.relevantHalfStarsMin {
            try askForLists(user, ratings.movieIDs[row])
        }
    }

    private func askForLists(_ user: UInt32, _ relevant: Int64) throws {
        try recommender.refreshIndex()
        var row = user
        try withUnsafePointer(to: &row) {
            try recommender.recommend(
                UnsafeBufferPointer(start: $0, count: 1), length: PrequentialMetrics.listLength)
        }
        sums.asked += 1
        sums.lists.add(rank: recommender.results.ids(of: 0).firstIndex(of: relevant).map { $0 + 1 })
        sums.popular.add(rank: popularRank(user, relevant))
        if let frozen {
            try frozen.recommend(user, length: PrequentialMetrics.listLength)
            sums.frozenAsked += 1
            sums.frozen.add(rank: frozen.recommender.results.ids(of: 0).firstIndex(of: relevant).map { $0 + 1 })
        }
        if let most = settings.halvesAfterLists, sums.asked >= most { sums.halve() }
    }

    /// The place of a movie among the ten most popular that the user has not rated.
    private func popularRank(_ user: UInt32, _ relevant: Int64) -> Int? {
        guard let blend = recommender.model.blend else { return nil }
        let learner = recommender.learner
        var rank = 0
        for movie in blend.popular.movies {
            if learner.movies.pointer(movie).pointee.isWithdrawn != 0 || learner.hasRated(user: user, movie: movie) {
                continue
            }
            rank += 1
            if learner.movies.id(movie) == relevant { return rank }
            if rank == PrequentialMetrics.listLength { return nil }
        }
        return nil
    }

    /// Makes the copy when it is time; drops one that still holds somebody who was forgotten.
    private func refreeze() throws {
        guard let makeModel = settings.makeModel else { return }
        if recommender.learner.byteCount > settings.frozenStateBytesMax {
            frozen = nil
            sums.forgetFrozen()
            return
        }
        if let frozen, !frozen.mayBeKept { self.frozen = nil }
        let applied = recommender.learner.counters.ratingsApplied
        let wanted = frozen.map { $0.ratingsApplied * 2 } ?? settings.freezesAfter
        if applied < wanted { return }
        let copy = try FrozenCopy(
            of: recommender.learner, makeModel: makeModel,
            index: ExactIndex(dimension: recommender.model.dimension),
            listLength: PrequentialMetrics.listLength)
        frozen = copy
        sums.frozenRatings = copy.ratingsApplied
    }

    func learned(_ ratings: RatingBatch, _ outcomes: RatingOutcomes) {
        for row in 0..<ratings.count {
            let predicted = outcomes.predictions[row]
            if predicted.isNaN { continue }
            sums.squaredError += squaredError(predicted, ratings, row)
            sums.predictions += 1
        }
        for (row, stars) in frozenStars {
            let predicted = outcomes.predictions[row]
            if predicted.isNaN { continue }
            sums.compared += 1
            sums.comparedSquaredError += squaredError(predicted, ratings, row)
            sums.frozenSquaredError += squaredError(stars, ratings, row)
        }
        frozenStars.removeAll(keepingCapacity: true)
        figures.set(sums)
    }

    private func squaredError(_ predicted: Float, _ ratings: RatingBatch, _ row: Int) -> Double {
        let range = settings.predictionRange
        let stars = min(range.upperBound, max(range.lowerBound, predicted))
        let error = Double(stars) - Double(ratings.halfStars[row]) / 2
        return error * error
    }
}
