import CVectorKernels
import Events
import Foundation
import Learning
import Testing

@testable import Streaming

/// The same log gives the same bits: other batches, other kernels, restarts, torn files.
@Suite(.serialized) struct RecoveryTests {
    private func fill(_ broker: ModelBroker, seed: UInt64, ratings: Int) {
        var stream = MadeUpStream(seed: seed, users: 50, movies: 120)
        for _ in 0..<ratings {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
    }

    private func selectFastestKernels() {
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
    }

    private func broker(seed: UInt64, ratings: Int, partitions: Int = 1) -> ModelBroker {
        let broker = ModelBroker(ratingPartitions: partitions)
        for movie in 1...100 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        for user in 1...20 as ClosedRange<Int64> { broker.describe(user, age: Int(user)) }
        fill(broker, seed: seed, ratings: ratings)
        return broker
    }

    @Test(arguments: [1, 7, 100, 5000]) func otherBatchBoundariesGiveTheSameDigest(limit: Int) throws {
        let whole = try TestService(broker(seed: 1, ratings: 4000))
        try whole.start()
        try whole.settle()
        let cut = try TestService(broker(seed: 1, ratings: 4000))
        cut.source.pollLimit = limit
        try cut.start()
        try cut.settle()
        #expect(cut.processor.position.inputs == whole.processor.position.inputs)
        #expect(try cut.digest() == whole.digest())
        #expect(cut.learner.counters == whole.learner.counters)
    }

    @Test(arguments: [1, 6]) func aReplayByTheJournalGivesTheSameStateAndLists(partitions: Int) throws {
        let broker = broker(seed: 2, ratings: 3000, partitions: partitions)
        let first = try TestService(broker)
        first.source.pollLimit = 37
        try first.start()
        try first.settle()
        broker.announce(300, "Late film")
        broker.withdraw(4)
        broker.forget(3)
        broker.remove(5, 6)
        try first.settle()

        let second = try TestService(broker)
        try second.start()
        #expect(try second.digest() == first.digest())
        #expect(second.processor.position == first.processor.position)
        for user in 0..<UInt32(first.learner.users.rowCount) {
            #expect(second.processor.lists.sequence(user) == first.processor.lists.sequence(user))
            #expect(Array(second.processor.lists.movies(user)) == Array(first.processor.lists.movies(user)))
        }
        // And it goes on from there: sequences have no gap.
        broker.rate(8, 9, 5, time: 1_000_000_100)
        let sequence = broker.lists(of: 8).last?.sequence ?? 0
        try second.settle()
        #expect(broker.lists(of: 8).last?.sequence == sequence + 1)
    }

    @Test func everyKernelVariantGivesTheSameDigest() throws {
        var digests: [String] = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let service = try TestService(broker(seed: 3, ratings: 2000))
            try service.start()
            try service.settle()
            digests.append(try service.digest())
        }
        selectFastestKernels()
        #expect(Set(digests).count == 1)
    }

    /// A made-up log whose bits are pinned: whoever changes what is learnt raises the numerics version, and this.
    @Test func theNumericsAreThoseOfTheirVersion() throws {
        let service = try TestService(broker(seed: 4, ratings: 1000))
        try service.start()
        try service.settle()
        #expect(TwoHeadModel.numericsVersion == 6)
        let digest = try service.digest()
        #expect(digest == "749a0a0762cf3ccb975b03f9c22cc0d26a6a0b1a4dfc2a4386bfbaa90b6969bf")
    }

    @Test func aRestartFromACheckpointGivesTheSameState() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = broker(seed: 5, ratings: 2000)
        let first = try TestService(broker, store: store)
        try first.start()
        try first.settle()
        try first.processor.stop()
        #expect(store.epochs().first == first.processor.position.epoch)
        fill(broker, seed: 6, ratings: 500)
        try first.settle()

        let second = try TestService(broker, store: store)
        try second.start()
        #expect(second.notices.contains { $0.contains("restored epoch") })
        #expect(second.processor.lastCheckpointEpoch == store.epochs().first)
        #expect(try second.digest() == first.digest())
        #expect(second.processor.position == first.processor.position)
    }

    @Test func aTornFileIsPassedOverAndTheOlderOneIsUsed() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = broker(seed: 7, ratings: 300)
        let service = try TestService(broker, store: store)
        try service.start()
        try service.settle()
        try service.processor.stop()
        let older = try #require(store.epochs().first)
        fill(broker, seed: 8, ratings: 50)
        try service.settle()
        try service.processor.stop()
        let newer = try #require(store.epochs().first)
        #expect(newer > older)

        let path = "\(directory.path)/checkpoint-\(newer).mqc"
        let whole = try #require(FileManager.default.contents(atPath: path))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
        let restarted = try TestService(broker, store: store)
        try restarted.start()
        #expect(restarted.processor.lastCheckpointEpoch == older)
        #expect(restarted.notices.contains { $0.contains("epoch \(newer) in the state directory") })
        #expect(try restarted.digest() == service.digest())
    }

    @Test func aCheckpointOfAnotherJournalIsNotUsed() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let service = try TestService(broker(seed: 9, ratings: 200), store: store)
        try service.start()
        try service.settle()
        try service.processor.stop()

        let other = broker(seed: 10, ratings: 300)
        let second = try TestService(other, store: store)
        #expect(throws: RecoveryError.journalLost(place: "the state directory \(directory.path)")) {
            try second.start()
        }

        let undisturbed = try TestService(broker(seed: 10, ratings: 300))
        try undisturbed.start()
        try undisturbed.settle()
        let resumed = try TestService(undisturbed.broker, store: store)
        try resumed.start()
        #expect(resumed.notices.contains { $0.contains("does not have its chain") })
        #expect(try resumed.digest() == undisturbed.digest())
    }

    @Test func aCommitThatDiedBeforeItsJournalRecordIsRepeatedWithTheSameSequences() throws {
        // Whatever step it dies at, the restarted service ends in the state of the undisturbed one.
        let undisturbed = try TestService(broker(seed: 12, ratings: 400))
        undisturbed.source.pollLimit = 50
        try undisturbed.start()
        try undisturbed.settle()
        let digest = try undisturbed.digest()
        for step in 1...12 {
            let broker = broker(seed: 12, ratings: 400)
            let first = try TestService(broker)
            first.source.pollLimit = 50
            try first.start()
            first.sink.failsAfter = step
            _ = try? first.settle()
            // The successor runs on another machine: every second time on the plain kernels.
            if step % 2 == 0 { #expect(mq_kernels_select(MQ_VARIANT_PLAIN)) }
            let second = try TestService(broker)
            second.source.pollLimit = 50
            try second.start()
            try second.settle()
            selectFastestKernels()
            #expect(try second.digest() == digest, "died at step \(step)")
            for user in 1...50 as ClosedRange<Int64> {
                var newest: [Int64: RecommendationList] = [:]
                for list in broker.lists(of: user) { newest[list.sequence] = list }
                #expect(newest.keys.sorted() == Array(1...Int64(max(1, newest.count))).prefix(newest.count).map { $0 })
            }
        }
    }

    @Test func recordsOfAnotherWriterAreSkippedAndCounted() throws {
        let broker = broker(seed: 13, ratings: 200)
        let service = try TestService(broker)
        service.source.pollLimit = 40
        try service.start()
        try service.settle()
        let digest = try service.digest()
        // A zombie repeats a commit that was made already.
        broker.journal.insert(broker.journal[3], at: 5)
        let second = try TestService(broker)
        try second.start()
        #expect(try second.digest() == digest)
        #expect(second.processor.counters.foreignJournalRecords.load(ordering: .relaxed) == 1)
    }

    @Test func otherSettingsAreRefused() throws {
        let broker = broker(seed: 14, ratings: 50)
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        var settings = TwoHeadModel.Settings()
        settings.ranking.dimension = 16
        let other = try TestService(broker, model: TwoHeadModel(settings))
        #expect(throws: RecoveryError.self) { try other.start() }
    }
}
