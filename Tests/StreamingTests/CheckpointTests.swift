import Events
import Foundation
import Learning
import Recommending
import Testing

@testable import Streaming

/// Bases and deltas in files: what they hold, what is kept, what is refused.
@Suite struct CheckpointTests {
    /// Enough rows that a few ratings change a small part of them.
    static func service(
        _ broker: ModelBroker = broker(), _ directory: TemporaryDirectory, log: ModelCheckpointLog? = nil,
        _ configure: (inout StreamProcessor.Settings) -> Void = { _ in }
    ) throws -> TestService {
        let service = try TestService(broker, store: CheckpointStore(directory: directory.path, log: log), configure)
        try service.start()
        try service.settle()
        return service
    }

    static func broker(seed: UInt64 = 1, users: Int = 2000, ratings: Int = 4000) -> ModelBroker {
        let broker = ModelBroker()
        for movie in 1...100 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        fill(broker, seed: seed, users: users, ratings: ratings)
        return broker
    }

    static func fill(_ broker: ModelBroker, seed: UInt64, users: Int, ratings: Int) {
        var stream = MadeUpStream(seed: seed, users: users, movies: 120)
        for _ in 0..<ratings {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
    }

    private func expectSame(_ left: TestService, _ right: TestService, _ comment: Comment) throws {
        #expect(try left.digest() == right.digest(), comment)
        #expect(left.processor.position == right.processor.position, comment)
        #expect(left.learner.counters == right.learner.counters, comment)
        for user in 0..<UInt32(right.learner.users.rowCount) {
            let (one, other) = (left.processor.lists, right.processor.lists)
            #expect(one.sequence(user) == other.sequence(user), comment)
            if other.sequence(user) == 0 { continue }
            #expect(one.lastScore(user) == other.lastScore(user), comment)
            #expect(Array(one.movies(user)) == Array(other.movies(user)), comment)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func aBaseAndADeltaGiveTheStateAndItGoesOnTheSame(seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        let broker = Self.broker(seed: seed)
        let first = try Self.service(broker, directory)
        let store = try #require(first.processor.store)
        try first.checkpoint()
        #expect(store.points().map(\.isBase) == [true])
        for round in 0..<4 as Range<Int64> {
            switch round {
            case 0: Self.fill(broker, seed: seed + 10, users: 3, ratings: 30)
            case 1:
                broker.announce(300 + round, "Late film")
                broker.withdraw(round + 7)
                broker.remove(5, 6)
            case 2:
                // Rows and blocks are given back and used again.
                for user in [3, 17, 1200] as [Int64] { broker.forget(user) }
                broker.now += 10
                Self.fill(broker, seed: seed + 20, users: 20, ratings: 40)
            default: Self.fill(broker, seed: seed + 30, users: 4, ratings: 20)
            }
            try first.settle()
            try first.checkpoint()
            let newest = try #require(store.points().first)
            #expect(newest.epoch == first.processor.position.epoch)
            #expect(newest.isBase == (round == 2), "a base only when somebody was forgotten")

            let second = try Self.service(broker, directory)
            #expect(second.processor.lastCheckpointEpoch == newest.epoch)
            try expectSame(second, first, "seed \(seed), round \(round)")
        }
        // The restored one and the one that never stopped, with the same events behind them.
        let undisturbed = try TestService(broker)
        try undisturbed.start()
        try undisturbed.settle()
        let second = try Self.service(broker, directory)
        for service in [undisturbed, second] { service.source.pollLimit = 64 }
        Self.fill(broker, seed: seed + 50, users: 500, ratings: 700)
        for user in [3, 8] as [Int64] { broker.forget(user) }
        // Both journal; the first has to be brought forward by the second's records, so each has its own copy.
        try second.settle()
        let third = try TestService(broker)
        try third.start()
        try expectSame(second, third, "seed \(seed), after more")
    }

    @Test func aDeltaThatGrewIsFollowedByABase() throws {
        let directory = try TemporaryDirectory()
        let broker = Self.broker()
        let service = try Self.service(broker, directory)
        let store = try #require(service.processor.store)
        try service.checkpoint()
        let base = service.processor.position.epoch
        broker.rate(7, 8, 3)
        try service.settle()
        try service.checkpoint()
        #expect(store.points().first?.baseEpoch == base)
        let small = service.processor.counters.checkpointBytes.load(ordering: .relaxed)
        // Every user's page, once.
        for user in 1...2000 as ClosedRange<Int64> { broker.rate(user, user % 90 + 1, 4) }
        try service.settle()
        try service.checkpoint()
        let newest = try #require(store.points().first)
        #expect(newest.isBase)
        let large = service.processor.counters.checkpointBytes.load(ordering: .relaxed)
        #expect(small * 4 < large, "\(small) and \(large) bytes")
        // The base before is still needed by the delta before.
        #expect(store.points().map(\.baseEpoch) == [newest.epoch, base, base])
    }

    @Test func theNewestTwoAreKeptWithTheBasesThatTheyNeed() throws {
        let directory = try TemporaryDirectory()
        let broker = Self.broker()
        let service = try Self.service(broker, directory)
        let store = try #require(service.processor.store)
        try service.checkpoint()
        let base = service.processor.position.epoch
        for round in 1...5 as ClosedRange<Int64> {
            broker.rate(round, 8, 3)
            try service.settle()
            try service.checkpoint()
        }
        let points = store.points()
        #expect(points.count == 3)
        #expect(points.map(\.baseEpoch) == [base, base, base])
        for point in points { _ = try store.load(point) }
    }

    @Test func retentionNeverTakesABaseThatIsNeeded() {
        func points(_ pairs: [(Int64, Int64)]) -> [CheckpointPoint] {
            pairs.map { CheckpointPoint(epoch: $0.0, baseEpoch: $0.1) }
        }
        func gone(_ pairs: [(Int64, Int64)], _ newest: (Int64, Int64), alone: Bool = false) -> [Int64] {
            CheckpointRetention.obsolete(points(pairs), newest: points([newest])[0], isAlone: alone).map(\.epoch)
        }
        #expect(gone([(10, 10)], (10, 10)) == [])
        #expect(gone([(10, 10), (20, 10), (30, 10), (40, 10)], (40, 10)) == [20])
        #expect(gone([(10, 10), (20, 10), (30, 30)], (30, 30)) == [])
        #expect(gone([(10, 10), (20, 10), (30, 30), (40, 30)], (40, 30)) == [20, 10])
        #expect(gone([(10, 10), (20, 10), (30, 30)], (30, 30), alone: true) == [20, 10])
        // A delta whose base is gone can't be restored and does not count.
        #expect(gone([(5, 5), (20, 10), (30, 30)], (30, 30)) == [20])
        // What is newer is none of our business.
        #expect(gone([(10, 10), (20, 20), (30, 30), (99, 99), (98, 97)], (30, 30)) == [10])
    }

    @Test func aCheckpointWhoseCommitNeverStandsLeavesNothing() throws {
        let directory = try TemporaryDirectory()
        let log = ModelCheckpointLog()
        let service = try Self.service(Self.broker(ratings: 200), directory)
        let store = CheckpointStore(directory: directory.path, log: log)
        let content = Self.content(of: service)
        let job = CheckpointJob(content, base: nil, store: store)
        #expect(!job.wait(seconds: 0.3))
        #expect(store.points().isEmpty && log.records.isEmpty)
        job.abandon()
        #expect(job.wait(seconds: 5))
        guard case .abandoned = job.outcome else {
            Issue.record("\(job.outcome)")
            return
        }
        #expect(log.records.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)

        // Nor when its process dies: what it left is removed at the next start, and never loaded.
        let open = CheckpointJob(content, base: nil, store: store)
        #expect(!open.wait(seconds: 0.3))
        #expect(try !FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        let restarted = try TestService(service.broker, store: store)
        try restarted.start()
        #expect(restarted.processor.lastCheckpointEpoch == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        open.abandon()
    }

    static func content(of service: TestService) -> CheckpointContent {
        CheckpointContent(
            applicationID: service.processor.settings.applicationID,
            numericsVersion: service.learner.model.numericsVersion, settings: service.learner.model.settings,
            position: service.processor.position, learner: service.learner.snapshot(),
            lists: service.processor.lists.snapshot())
    }

    @Test func aFullDiskIsCountedAndTheServiceGoesOn() throws {
        let directory = try TemporaryDirectory()
        // Whatever is written there is refused as on a full disk.
        for epoch in 0..<200 {
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory.path)/checkpoint-\(epoch).tmp", withDestinationPath: "/dev/full")
        }
        let broker = Self.broker(ratings: 300)
        let service = try TestService(broker, store: CheckpointStore(directory: directory.path))
        // The start would remove the links as what is left of another process.
        try service.start()
        for epoch in 0..<200 {
            try FileManager.default.createSymbolicLink(
                atPath: "\(directory.path)/checkpoint-\(epoch).tmp", withDestinationPath: "/dev/full")
        }
        try service.settle()
        service.clock.nanoseconds += service.processor.settings.checkpointIntervalNanoseconds
        try service.run { service.processor.counters.checkpointFailures.load(ordering: .relaxed) == 1 }
        #expect(service.notices.contains { $0.contains("No space left on device") })
        #expect(service.processor.store?.points().isEmpty == true)

        let before = broker.published.count
        broker.rate(5, 6, 4)
        try service.settle()
        #expect(broker.published.count > before)
        // With room again the next one is there, whole.
        for epoch in 0..<200 { unlink("\(directory.path)/checkpoint-\(epoch).tmp") }
        try service.checkpoint()
        #expect(service.processor.store?.points().map(\.isBase) == [true])
    }

    @Test func aDirectoryThatIsGoneIsCountedAndTheServiceGoesOn() throws {
        let directory = try TemporaryDirectory()
        let broker = Self.broker(ratings: 300)
        let log = ModelCheckpointLog()
        let service = try Self.service(broker, directory, log: log)
        try FileManager.default.removeItem(atPath: directory.path)
        // The topic still gets it.
        try service.checkpoint()
        #expect(service.processor.counters.checkpointFailures.load(ordering: .relaxed) == 1)
        #expect(log.epochs == [service.processor.position.epoch])
        #expect(service.processor.checkpointBase == nil, "a delta needs a base that is everywhere")
    }
}
