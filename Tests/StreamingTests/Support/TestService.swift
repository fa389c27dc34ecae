import Events
import Foundation
import Learning
import Recommending
import VectorIndex

@testable import Streaming

/// A service on a model broker.
final class TestService {
    let broker: ModelBroker
    let source: ModelSource
    let sink: ModelSink
    let clock = ModelClock()
    let leadership: ModelLeadership
    let processor: StreamProcessor
    var notices: [String] = []

    init(
        _ broker: ModelBroker, store: CheckpointStore? = nil, listLength: Int = 10,
        model: any OnlineModel = TwoHeadModel(), eviction: Eviction = Eviction(),
        source other: (any EventSource)? = nil,
        _ configure: (inout StreamProcessor.Settings) -> Void = { _ in }
    ) throws {
        self.broker = broker
        source = ModelSource(broker)
        sink = ModelSink(broker)
        leadership = ModelLeadership(broker)
        var settings = StreamProcessor.Settings()
        settings.listLength = listLength
        configure(&settings)
        let learner = Learner(
            model: model, batchCapacity: StreamLimits.batchRecordsMax, eviction: eviction)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: model.dimension), listLength: listLength)
        processor = StreamProcessor(
            settings: settings, recommender: recommender, lists: PublishedLists(capacity: listLength),
            encoder: JSONRecommendationListEncoder(), source: other ?? source, sink: sink,
            journal: ModelJournal(broker), leadership: leadership, clock: clock, store: store)
        processor.notice = { [unowned self] in notices.append($0) }
    }

    var learner: Learner { processor.learner }

    func start() throws { _ = try processor.start() }

    /// The score with which a movie would stand in a user's list now.
    func score(user: UInt32, movie: UInt32) -> Float {
        let model = learner.model
        var query = [Float](repeating: 0, count: model.dimension)
        var item = query
        model.query(user, profile: learner.users.pointer(user).pointee, into: &query)
        let offset = model.item(movie, into: &item)
        return processor.recommender.score(user: user, query: query, movie: movie, item: item, offset: offset)
    }

    /// Turns the loop until everything that waits is learnt, published and journaled.
    func settle() throws {
        var quiet = 0
        while quiet < 3 {
            clock.nanoseconds += 100_000_000
            let worked = try processor.runOnce()
            quiet = worked || processor.cycle.waitingCount > 0 || !processor.commit.isEmpty ? 0 : quiet + 1
        }
    }

    struct TooSlow: Error {}

    /// Turns the loop until `isDone`, at most ten seconds.
    func run(until isDone: () -> Bool) throws {
        let deadline = Date().addingTimeInterval(10)
        while !isDone() {
            try processor.runOnce()
            if Date() > deadline { throw TooSlow() }
        }
    }

    /// Lets the time pass after which a checkpoint is cut, and waits until it is there.
    func checkpoint() throws {
        clock.nanoseconds += processor.settings.checkpointIntervalNanoseconds
        try run { processor.checkpointJob == nil && processor.lastCheckpointEpoch == processor.position.epoch }
    }

    func digest() throws -> String { try learner.snapshot().digest() }
}

/// A directory that goes when the test ends.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "marquee-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A little stream of made-up ratings: users with tastes, movies with Zipf-like popularity.
struct MadeUpStream {
    var generator: SplitMix64
    let users: Int
    let movies: Int

    init(seed: UInt64, users: Int, movies: Int) {
        generator = SplitMix64(seed: seed)
        self.users = users
        self.movies = movies
    }

    mutating func next() -> (user: Int64, movie: Int64, halfStars: Int) {
        let user = Int64(generator.next() % UInt64(users)) + 1
        let skewed = min(generator.next() % UInt64(movies), generator.next() % UInt64(movies))
        let movie = Int64(skewed) + 1
        let taste = (user * 31 + movie * 17) % 5
        return (user, movie, Int(2 * taste) + 1 + Int(generator.next() % 2))
    }
}
