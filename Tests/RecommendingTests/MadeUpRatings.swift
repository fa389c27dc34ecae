import Events
import Learning
import Recommending
import VectorIndex

/// An event of a made-up stream.
struct MadeUpRating: Equatable {
    var user: Int64
    var movie: Int64
    var halfStars: UInt8
    var timeMilliseconds: Int64
}

/// Streams of ratings by users with tastes, few movies, so that pairs are rated again now and then.
enum MadeUpRatings {
    static func stream(seed: UInt64, count: Int, users: Int = 12, movies: Int = 40) -> [MadeUpRating] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { number in
            let user = Int64(generator.next() % UInt64(users)) + 1
            let movie = Int64(min(generator.next() % UInt64(movies), generator.next() % UInt64(movies))) + 1
            let taste = UInt8((user * 31 + movie * 17) % 5)
            return MadeUpRating(
                user: user, movie: movie, halfStars: 2 * taste + 1 + UInt8(generator.next() % 2),
                timeMilliseconds: 1_000_000 + Int64(number) * 1000)
        }
    }
}

/// What an evaluation found, event by event.
struct EvaluatedStream {
    var events: [PrequentialEvaluator.Event] = []
    var metrics: PrequentialMetrics

    /// Runs a stream through a new learner, index and recommender.
    ///
    /// - Parameter catalogue: What is announced; else movies 1 to 40.
    init(
        _ ratings: [MadeUpRating], announced: ClosedRange<Int64> = 1...40, catalogue: [Movie]? = nil,
        users: [UserProfile] = [], sampleOneIn: Int = 2, predictionRange: ClosedRange<Float> = 0.5...5,
        batchCapacity: Int = 16, protocol evaluation: EvaluationProtocol = .prequential,
        candidates: CandidateScope = .retrieved
    ) throws {
        let learner = makeLearner(catalogue ?? madeUpMovies(announced), batchCapacity: batchCapacity)
        for user in users { _ = learner.describe(user) }
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 20,
            candidates: candidates)
        let evaluator = PrequentialEvaluator(
            recommender: recommender, protocol: evaluation, eventCount: ratings.count, sampleOneIn: sampleOneIn,
            predictionRange: predictionRange, batchCapacity: batchCapacity)
        var events: [PrequentialEvaluator.Event] = []
        for rating in ratings {
            try evaluator.add(
                user: rating.user, movie: rating.movie, halfStars: rating.halfStars,
                timeMilliseconds: rating.timeMilliseconds
            ) { events.append($0) }
        }
        try evaluator.flush { events.append($0) }
        self.events = events
        metrics = evaluator.metrics
    }
}

func madeUpMovies(_ ids: ClosedRange<Int64>) -> [Movie] {
    ids.map { Movie(movieID: $0, title: "Movie \($0)", genres: []) }
}

func makeLearner(_ catalogue: [Movie], batchCapacity: Int) -> Learner {
    let learner = Learner(model: TwoHeadModel(), batchCapacity: batchCapacity)
    for movie in catalogue { _ = learner.announce(movie) }
    return learner
}

func makeLearner(announced: ClosedRange<Int64>, batchCapacity: Int) -> Learner {
    makeLearner(madeUpMovies(announced), batchCapacity: batchCapacity)
}
