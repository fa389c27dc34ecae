import Events
import Learning

/// Runs a stream through the learner test-then-learn: each event's stars are predicted, and for sampled events a list
/// is asked for, before the event is learnt. It is the code that serves: learner, index and recommender.
public final class PrequentialEvaluator {
    public struct Event {
        public var index: Int
        /// The stars predicted before learning, within the scale of the data set.
        public var prediction: Float
        /// The list before learning; nil where none was asked for.
        public var list: [Int64]?
    }

    private let recommender: Recommender
    private let learner: Learner
    private let firstScored: Int
    private let firstFrozen: Int
    private let sampleOneIn: UInt64
    private let predictionRange: ClosedRange<Float>
    private let batch: RatingBatch
    private let outcomes: RatingOutcomes
    private var eventCounts: [Int64: Int] = [:]
    private var movieEventCounts: [Int64: Int] = [:]
    private var nths: [(user: Int, movie: Int)]
    private var lists: [(at: Int, list: [Int64])] = []
    /// Predictions for events that may teach nothing, by their place in the batch.
    private var predictedAgain: [Int: Float] = [:]
    private var pairs: Set<Pair> = []
    private var processed = 0

    private struct Pair: Hashable {
        var user: Int64
        var movie: Int64
    }

    public private(set) var metrics: PrequentialMetrics

    /// - Parameters:
    ///   - protocol: which events are learnt, and which are scored.
    ///   - eventCount: length of the stream.
    ///   - sampleOneIn: a list is asked for at one in so many events with four stars or more.
    ///   - predictionRange: what predictions are clipped to: the scale of the data set.
    public init(
        recommender: Recommender, protocol evaluation: EvaluationProtocol = .prequential, eventCount: Int,
        sampleOneIn: Int, predictionRange: ClosedRange<Float>,
        batchCapacity: Int = 4096
    ) {
        self.recommender = recommender
        learner = recommender.learner
        firstScored = evaluation.firstScored(of: eventCount)
        firstFrozen = evaluation.firstFrozen(of: eventCount)
        self.sampleOneIn = UInt64(max(1, sampleOneIn))
        self.predictionRange = predictionRange
        batch = RatingBatch(capacity: batchCapacity)
        outcomes = RatingOutcomes(capacity: batchCapacity)
        nths = Array(repeating: (0, 0), count: batchCapacity)
        metrics = PrequentialMetrics(eventCount: eventCount, isLastHalfOnly: firstScored > 0)
    }

    /// Appends an event; the batch it completes is evaluated, and `each` is called for its events in order.
    public func add(
        user: Int64, movie: Int64, halfStars: UInt8, timeMilliseconds: Int64, _ each: ((Event) throws -> Void)? = nil
    ) throws {
        let at = batch.count
        batch.userIDs[at] = user
        batch.movieIDs[at] = movie
        batch.halfStars[at] = halfStars
        batch.operations[at] = Rating.Operation.set.rawValue
        batch.eventTimes[at] = timeMilliseconds
        batch.recordTimestamps[at] = timeMilliseconds
        batch.eventIDCounts[at] = 0
        batch.count = at + 1
        let nth = (eventCounts[user] ?? 0) + 1
        eventCounts[user] = nth
        let movieNth = (movieEventCounts[movie] ?? 0) + 1
        movieEventCounts[movie] = movieNth
        nths[at] = (nth, movieNth)
        if batch.count == batch.capacity { try flush(each) }
    }

    /// Evaluates what is left.
    public func flush(_ each: ((Event) throws -> Void)? = nil) throws {
        lists.removeAll(keepingCapacity: true)
        predictedAgain.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
        var done = 0
        for at in 0..<batch.count {
            let index = processed + at
            if index < firstScored { continue }
            let isFrozen = index >= firstFrozen
            let isSampled = RankingSample.contains(
                user: batch.userIDs[at], movie: batch.movieIDs[at], halfStars: batch.halfStars[at], oneIn: sampleOneIn)
            // A pair that was rated before may teach nothing, and then the learner predicts nothing; but the protocol
            // wants a prediction of every event. A model that stands still predicts none by itself.
            let isAgain =
                isFrozen
                || !pairs.insert(Pair(user: batch.userIDs[at], movie: batch.movieIDs[at])).inserted || isKnown(at)
            guard isSampled || isAgain else { continue }
            if at > done { learner.apply(batch, done..<at, outcomes) }
            done = at
            if isFrozen { learner.isFrozen = true }
            if isSampled { lists.append((at, try list(for: batch.userIDs[at]))) }
            if isAgain { predictedAgain[at] = predict(at) }
        }
        if done < batch.count { learner.apply(batch, done..<batch.count, outcomes) }
        try score(each)
        processed += batch.count
        batch.removeAll()
    }

    private func score(_ each: ((Event) throws -> Void)?) throws {
        var nextList = 0
        for at in 0..<batch.count {
            let index = processed + at
            if index < firstScored { continue }
            var raw = outcomes.predictions[at]
            if raw.isNaN { raw = predictedAgain[at] ?? raw }
            let stars = min(predictionRange.upperBound, max(predictionRange.lowerBound, raw))
            var event = Event(index: index, prediction: stars)
            metrics.addPrediction(
                Double(stars), actual: Double(batch.halfStars[at]) / 2, event: index, nth: nths[at].user,
                movieNth: nths[at].movie)
            if nextList < lists.count && lists[nextList].at == at {
                let list = lists[nextList].list
                event.list = list
                metrics.addList(
                    list, relevant: batch.movieIDs[at], event: index, nth: nths[at].user, movieNth: nths[at].movie)
                nextList += 1
            }
            try each?(event)
        }
    }

    /// Whether the user had rated the movie when the last batch ended.
    private func isKnown(_ at: Int) -> Bool {
        let user = learner.users.row(of: batch.userIDs[at])
        let movie = learner.movies.row(of: batch.movieIDs[at])
        guard user != IdentityMap.none, movie != IdentityMap.none else { return false }
        return learner.rated.find(movie, learner.users.pointer(user).pointee.rated) >= 0
    }

    /// The stars for a pair as the state is now.
    private func predict(_ at: Int) -> Float {
        let user = learner.row(forUser: batch.userIDs[at])
        let movie = learner.row(forMovie: batch.movieIDs[at])
        return recommender.predictedStars(user: user, movie: movie)
    }

    /// The ten movies for a user as the state is now; for a user never seen, those of a new one.
    private func list(for userID: Int64) throws -> [Int64] {
        try recommender.refreshIndex()
        var row = learner.row(forUser: userID)
        try withUnsafePointer(to: &row) {
            try recommender.recommend(
                UnsafeBufferPointer(start: $0, count: 1), length: PrequentialMetrics.listLength)
        }
        return Array(recommender.results.ids(of: 0))
    }
}
