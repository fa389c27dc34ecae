import Events
import Foundation
import Learning
import Recommending
import Testing

@testable import Streaming

/// Learning the log anew.
@Suite struct RebuildTests {
    private let directory: TemporaryDirectory
    private let store: CheckpointStore

    init() throws {
        directory = try TemporaryDirectory()
        store = CheckpointStore(directory: directory.path)
    }

    private func broker(partitions: Int = 1) -> ModelBroker {
        let broker = ModelBroker(ratingPartitions: partitions)
        for movie in 1...30 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        for user in 1...6 as ClosedRange<Int64> { broker.describe(user, age: 20 + Int(user)) }
        var stream = MadeUpStream(seed: 7, users: 12, movies: 30)
        for number in 0..<300 {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
            if number == 100 { broker.produce(.ratings, key: "1", value: "no rating") }
        }
        return broker
    }

    private func serve(_ broker: ModelBroker, store: CheckpointStore? = nil) throws -> TestService {
        let service = try TestService(broker, store: store ?? self.store)
        service.source.pollLimit = 50
        try service.start()
        try service.settle()
        return service
    }

    private func vectors(_ learner: Learner) -> [Float] {
        let length = learner.model.dimension
        var vectors = [Float](repeating: 0, count: length * learner.movies.count)
        vectors.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for movie in 0..<learner.movies.count {
                _ = learner.model.item(UInt32(movie), into: base + movie * length)
            }
        }
        return vectors
    }

    @Test(arguments: [1, 4]) func theSameLogGivesTheSameStateWithoutAnyOutput(partitions: Int) throws {
        let broker = broker(partitions: partitions)
        let first = try serve(broker)
        try first.processor.stop()
        let lists = broker.published.count
        #expect(broker.deadLetters.count == 1 && lists > 0)
        let digest = try first.digest()
        let records = broker.journal.count

        let rebuilt = try TestService(broker, store: store)
        #expect(try rebuilt.processor.rebuild())
        #expect(broker.published.count == lists && broker.deadLetters.count == 1)
        let start = try broker.journal[records].withUnsafeBytes { try JournalRecord(decoding: $0) }
        #expect(start.kind == .start && start.epoch == Int64(records) && start.lineage?.origin == .empty)
        #expect(start.previousChain == first.processor.position.chain)
        // With several partitions the order between them is another.
        if partitions == 1 { #expect(try rebuilt.digest() == digest) }
        #expect(rebuilt.processor.position.inputs == first.processor.position.inputs)
        #expect(!rebuilt.processor.position.isSilent)
        #expect(store.epochs().first == rebuilt.processor.position.epoch)

        // Also from the journal alone, through both lineages.
        for checkpoints in [store, nil] {
            let restarted = try TestService(broker, store: checkpoints)
            try restarted.start()
            #expect(try restarted.digest() == rebuilt.digest())
            #expect(restarted.processor.position == rebuilt.processor.position)
            for user in 1...12 as ClosedRange<Int64> {
                let row = restarted.learner.users.row(of: user)
                #expect(restarted.processor.lists.sequence(row) == broker.lists(of: user).last?.sequence)
                let items = restarted.processor.lists.movies(row).map { restarted.learner.movies.id($0) }
                #expect(items == broker.lists(of: user).last?.items.map(\.movieID))
            }
        }
        let sequence = try #require(broker.lists(of: 3).last?.sequence)
        let served = try serve(broker)
        broker.rate(3, 30, 5)
        try served.settle()
        #expect(broker.lists(of: 3).last?.sequence == sequence + 1)
        #expect(broker.published.count == lists + 1)
    }

    @Test func nothingOfAForgottenUserIsLeftInWhatIsLearnt() throws {
        let broker = broker()
        let first = try serve(broker)
        broker.now += 1000
        broker.forget(2)
        broker.forget(5)
        try first.settle()
        broker.now += 1000
        // One of them comes back.
        broker.rate(5, 3, 4)
        try first.settle()
        try first.processor.stop()
        #expect(broker.lists(of: 5).last?.sequence == 1)
        // The null itself has been compacted away; the newest checkpoint remembers.
        let nulls = Int64(broker.inputs[InputPartition(.users, 0)]?.count ?? 0) - 2
        broker.compacted[InputPartition(.users, 0)] = [nulls, 1]
        let published = broker.published.count

        let rebuilt = try TestService(broker, store: store)
        #expect(try rebuilt.processor.rebuild())
        #expect(rebuilt.learner.users.row(of: 2) == IdentityMap.none)
        #expect(broker.published.count == published)

        // As if he had never rated: the log without him.
        let other = ModelBroker()
        for movie in 1...30 as ClosedRange<Int64> { other.announce(movie, "Film \(movie)") }
        for user in 1...6 as ClosedRange<Int64> { other.describe(user, age: 20 + Int(user)) }
        var stream = MadeUpStream(seed: 7, users: 12, movies: 30)
        for _ in 0..<300 {
            let event = stream.next()
            if event.user != 2 && event.user != 5 {
                other.rate(event.user, event.movie, Double(event.halfStars) / 2)
            }
        }
        other.rate(5, 3, 4)
        let without = try TestService(other)
        try without.start()
        try without.settle()
        #expect(vectors(rebuilt.learner) == vectors(without.learner))

        // Whoever came back goes on where his lists stand; who is forgotten begins again.
        let served = try serve(broker)
        broker.now += 1000
        broker.rate(5, 4, 4)
        broker.rate(2, 4, 4)
        try served.settle()
        #expect(broker.lists(of: 5).last?.sequence == 2)
        #expect(broker.lists(of: 2).last?.sequence == 1)
    }

    @Test func aUserForgottenAfterTheRebuildIsTombstonedThoughHeWasNotSeenAgain() throws {
        let broker = broker()
        let first = try serve(broker)
        try first.processor.stop()
        // All ratings of user 9 are gone: the new lineage does not know him.
        let gone = (broker.inputs[InputPartition(.ratings, 0)] ?? []).enumerated().filter {
            String(decoding: $0.element.key, as: UTF8.self) == "9"
        }
        broker.compacted[InputPartition(.ratings, 0)] = Set(gone.map { Int64($0.offset) })
        let rebuilt = try TestService(broker, store: store)
        #expect(try rebuilt.processor.rebuild())
        #expect(rebuilt.learner.users.row(of: 9) == IdentityMap.none)
        #expect(rebuilt.processor.lists.parked[9]?.sequence == broker.lists(of: 9).last?.sequence)

        let served = try serve(broker)
        #expect(served.processor.lists.parked.count == 1)
        broker.now += 1000
        broker.forget(9)
        try served.settle()
        #expect(broker.published.last?.userID == 9 && broker.published.last?.list == nil)
        #expect(served.processor.lists.parked.isEmpty)
    }

    @Test func aUserWhoComesLaterTakesHisListOver() throws {
        let broker = broker()
        try serve(broker).processor.stop()
        let sequence = try #require(broker.lists(of: 9).last?.sequence)
        let gone = (broker.inputs[InputPartition(.ratings, 0)] ?? []).enumerated().filter {
            String(decoding: $0.element.key, as: UTF8.self) == "9"
        }
        broker.compacted[InputPartition(.ratings, 0)] = Set(gone.map { Int64($0.offset) })
        #expect(try TestService(broker, store: store).processor.rebuild())
        let served = try serve(broker)
        broker.rate(9, 1, 5)
        try served.settle()
        #expect(broker.lists(of: 9).last?.sequence == sequence + 1)
        #expect(served.processor.lists.parked.isEmpty)
        // And in a replay of that.
        let replayed = try TestService(broker, store: nil)
        try replayed.start()
        #expect(replayed.processor.lists.sequence(replayed.learner.users.row(of: 9)) == sequence + 1)
    }

    @Test func aServiceGoesOnWithARebuildThatWasInterrupted() throws {
        let broker = broker()
        let first = try serve(broker)
        try first.processor.stop()
        let lists = broker.published.count
        let rebuilt = try TestService(broker, store: store)
        #expect(try rebuilt.processor.rebuild { true })
        #expect(rebuilt.processor.position.isSilent)
        // New ratings come meanwhile; they are answered when it is done.
        broker.rate(4, 29, 5)
        for checkpoints in [store, nil] {
            let copy = try TestService(broker, store: checkpoints)
            try copy.start()
            #expect(copy.processor.position.isSilent)
        }
        let served = try serve(broker)
        #expect(!served.processor.position.isSilent)
        #expect(broker.published.count == lists + 1)
        #expect(broker.published.last?.userID == 4 && broker.deadLetters.count == 1)
        let replayed = try TestService(broker, store: nil)
        try replayed.start()
        #expect(try replayed.digest() == served.digest())
    }

    @Test func aLogIsLearntAnewWithOtherSettings() throws {
        let broker = broker()
        try serve(broker).processor.stop()
        let lists = broker.published.count
        func model() -> any OnlineModel {
            var settings = BiasedMatrixFactorization.Settings()
            settings.dimension = 16
            return BiasedMatrixFactorization(settings)
        }
        #expect(throws: RecoveryError.self) { try TestService(broker, store: store, model: model()).start() }
        #expect(try TestService(broker, store: store, model: model()).processor.rebuild())
        let served = try TestService(broker, store: store, model: model())
        try served.start()
        let sequence = try #require(broker.lists(of: 3).last?.sequence)
        broker.rate(3, 30, 5)
        try served.settle()
        #expect(broker.lists(of: 3).last?.sequence == sequence + 1 && broker.published.count == lists + 1)
    }

    @Test func thereMustBeSomethingToLearnAnew() throws {
        #expect(throws: RecoveryError.nothingToRebuild) { try TestService(broker()).processor.rebuild() }
    }

    @Test func aDryRunSaysWhatWouldBeDone() throws {
        let broker = broker()
        let first = try serve(broker)
        broker.now += 1000
        broker.forget(2)
        try first.settle()
        try first.processor.stop()
        let records = broker.journal.count
        broker.beginnings[InputPartition(.ratings, 0)] = 100
        let books = try RebuildBooks(
            applicationID: "marquee", topicPrefix: "", listLength: 10, source: ModelSource(broker),
            journal: ModelJournal(broker), store: store, notice: { _ in })
        #expect(books.nextEpoch == Int64(records) && broker.journal.count == records)
        #expect(books.forgottenCount == 1 && books.listCount == 11)
        let processed = try books.processed()
        #expect(processed.offsets == 30 + 7 + 201)
        #expect(processed.ends[InputPartition(.ratings, 0)] == 301)
    }
}
