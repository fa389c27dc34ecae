import Events
import Foundation
import Learning
import Testing

@testable import Streaming

@Suite struct ForgettingTests {
    @Test func aForgottenUserIsErasedAndTombstoned() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = ModelBroker()
        for movie in 1...20 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        let service = try TestService(broker, store: store)
        try service.start()
        let secret: Int64 = 0x1234_5678_9ABC
        broker.rate(secret, 1, 5)
        broker.rate(2, 1, 5)
        try service.settle()
        try service.processor.stop()
        #expect(try holds(store, secret))
        let withUser = try service.digest()

        broker.now += 1000
        broker.forget(secret)
        // Produced before he was forgotten, arriving after.
        broker.rate(secret, 2, 4)
        try service.settle()
        #expect(broker.published.last { $0.userID == secret }?.list == nil)
        #expect(broker.published.contains { $0.userID == secret && $0.list == nil })
        #expect(service.learner.users.row(of: secret) == IdentityMap.none)
        #expect(service.learner.counters[.forgotten] == 1)
        #expect(try service.digest() != withUser)

        // The next checkpoint does not hold him, and it is the only one.
        service.clock.nanoseconds += 60_000_000_000
        broker.rate(2, 3, 4)
        try service.settle()
        try service.processor.stop()
        #expect(store.epochs().count == 1)
        let exported = service.learner.snapshot()
        exported.forEachUser { _, id, _ in #expect(id != secret) }

        let restarted = try TestService(broker, store: store)
        try restarted.start()
        #expect(try restarted.digest() == service.digest())
        #expect(restarted.learner.users.row(of: secret) == IdentityMap.none)

        // Later ratings make a new user of him, whose lists begin again.
        broker.now += 1000
        broker.rate(secret, 5, 5)
        try restarted.settle()
        #expect(broker.published.last { $0.userID == secret }?.list?.sequence == 1)
    }

    /// At least once, a process may die between a user's first list and the journal record of its commit.
    @Test func aListOfALostCommitIsTakenBackToo() throws {
        let broker = ModelBroker()
        for movie in 1...20 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        broker.describe(1, age: 30)
        let first = try TestService(broker)
        try first.start()
        try first.settle()
        broker.rate(7, 1, 5)
        first.sink.failsAfter = 1
        _ = try? first.settle()
        #expect(broker.published.last?.userID == 7 && broker.published.last?.list != nil)

        broker.now += 1000
        broker.forget(7)
        let second = try TestService(broker)
        try second.start()
        try second.settle()
        #expect(second.learner.users.row(of: 7) == IdentityMap.none)
        #expect(broker.published.last { $0.userID == 7 }?.list == nil)
        #expect(broker.published.filter { $0.userID == 7 }.count == 2)
    }

    /// Whether any kept file holds ratings of the user: his id with an entry behind it.
    private func holds(_ store: CheckpointStore, _ user: Int64) throws -> Bool {
        for point in store.points() {
            let checkpoint = try store.load(point)
            let learner = Learner(model: TwoHeadModel(), batchCapacity: 16)
            try checkpoint.restore(learner, .init(capacity: 10))
            if learner.users.row(of: user) != IdentityMap.none { return true }
        }
        return false
    }
}
