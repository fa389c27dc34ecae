import Events
import Learning
import Testing

@testable import Streaming

/// Silent users and movies go while a service runs: whoever dies and comes back, or learns it from the journal alone, has
/// the same state and the same lists.
@Suite struct SilentRowsTests {
    private let eviction = Eviction(afterEvents: Eviction.eventsMin)

    private func service(_ broker: ModelBroker, _ store: CheckpointStore?) throws -> TestService {
        let service = try TestService(broker, store: store, eviction: eviction)
        try service.start()
        try service.settle()
        return service
    }

    private func repeated(_ broker: ModelBroker, _ count: Int) {
        for _ in 0..<count { broker.rate(99, 3, 4, time: 1_000_000) }
    }

    private func expectSame(_ one: TestService, _ other: TestService, _ comment: Comment) throws {
        #expect(try one.digest() == other.digest(), comment)
        #expect(one.processor.position == other.processor.position, comment)
        for user in 0..<UInt32(one.learner.users.rowCount) {
            let (left, right) = (one.processor.lists, other.processor.lists)
            #expect(left.sequence(user) == right.sequence(user), comment)
            if left.sequence(user) == 0 { continue }
            #expect(Array(left.movies(user)) == Array(right.movies(user)), comment)
        }
    }

    @Test func whoComesBackHasTheSame() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = ModelBroker()
        for movie in 1...10 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        // Users 1…20 and movies 101…140, which nobody announced, are heard of once.
        for at in 0..<40 as Range<Int64> { broker.rate(at % 20 + 1, 101 + at, 4.5) }
        broker.rate(30, 1, 5)
        repeated(broker, 99_900)
        let first = try service(broker, store)
        #expect(first.learner.movies.knownCount == 50)
        broker.rate(30, 2, 5)
        // Some have gone, and others have not.
        repeated(broker, 80)
        try first.settle()
        try first.checkpoint()
        let knownCount = first.learner.movies.knownCount
        #expect((11..<50).contains(knownCount), "\(knownCount)")
        repeated(broker, 2000)
        broker.rate(30, 4, 5)
        broker.rate(31, 101, 5)
        try first.settle()
        #expect(first.learner.movies.knownCount == 11 && first.learner.users.count == 3)
        let list = try #require(broker.lists(of: 30).last).items.map(\.movieID)
        #expect(list.contains(101) && Set(list).isSubset(of: Set(1...10).union([101])), "what went is in no list")

        let second = try service(broker, store)
        #expect(second.processor.lastCheckpointEpoch > 0)
        try expectSame(second, first, "from the checkpoint")
        try expectSame(try service(broker, nil), first, "from the journal")
    }
}
