import Foundation
import Learning
import Testing

@testable import Streaming

/// Checkpoints in a topic, on a model of one.
@Suite struct CheckpointTopicTests {
    private func wipe(_ directory: TemporaryDirectory) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
            try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
        }
    }

    @Test func aWipedDirectoryIsRestoredFromTheTopic() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker()
        let first = try CheckpointTests.service(broker, directory, log: log)
        try first.checkpoint()
        for round in 0..<3 as Range<Int64> {
            if round > 0 {
                broker.rate(round, 9, 4)
                try first.settle()
                try first.checkpoint()
            }
            try wipe(directory)
            if round == 2 { log.compact() }
            let second = try CheckpointTests.service(broker, directory, log: log)
            #expect(second.processor.lastCheckpointEpoch == first.processor.position.epoch)
            #expect(try second.digest() == first.digest())
            #expect(second.processor.position == first.processor.position)
        }
        // A base and two deltas against it.
        #expect(log.epochs.count == 3)
    }

    @Test func theFileIsTakenAtTheSameEpochWithoutReadingTheTopic() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker(ratings: 300)
        let first = try CheckpointTests.service(broker, directory, log: log)
        try first.checkpoint()
        let reads = log.readCount
        let second = try CheckpointTests.service(broker, directory, log: log)
        #expect(log.readCount == reads)
        #expect(second.processor.lastCheckpointEpoch == first.processor.position.epoch)

        // A newer one in the topic is taken though the file is good.
        let store = try #require(first.processor.store)
        let older = store.path(of: try #require(store.points().first))
        let kept = try CheckpointFile.read(older)
        broker.rate(4, 9, 4)
        try first.settle()
        try first.checkpoint()
        try wipe(directory)
        try Data(kept).write(to: URL(fileURLWithPath: older))
        let third = try CheckpointTests.service(broker, directory, log: log)
        #expect(third.processor.lastCheckpointEpoch == first.processor.position.epoch)
        #expect(try third.digest() == first.digest())
    }

    @Test func whatIsNotNeededIsTakenBackAndTheEndMarkerIsLast() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker()
        let service = try CheckpointTests.service(broker, directory, log: log)
        try service.checkpoint()
        let base = service.processor.position.epoch
        for round in 1...6 as ClosedRange<Int64> {
            broker.rate(round, 9, 4)
            try service.settle()
            try service.checkpoint()
            let epochs = log.epochs
            #expect(epochs.count <= 3)
            #expect(epochs.first == service.processor.position.epoch)
            #expect(epochs.last == base)
            let last = try #require(try log.last())
            #expect(last.key.epoch == service.processor.position.epoch)
            #expect(CheckpointChunks.isEnd(last.value ?? []))
        }
        // A broker takes 1,048,588 bytes unless it is told otherwise.
        #expect(log.records.allSatisfy { ($0.value?.count ?? 0) <= 1_000_000 })
        // All users move: a new base, and the next one makes the old base go.
        for user in 1...2000 as ClosedRange<Int64> { broker.rate(user, user % 90 + 1, 4) }
        try service.settle()
        try service.checkpoint()
        broker.rate(3, 4, 1)
        try service.settle()
        try service.checkpoint()
        #expect(!log.epochs.contains(base))
        #expect(log.records.allSatisfy { $0.key.epoch != base || $0.value == nil }, "trimmed")
    }

    @Test(arguments: [0, 1, 2])
    func aCheckpointThatWasNotFinishedIsPassedOverAndTakenBack(pieces: Int) throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        // So many users that a base has several pieces.
        let broker = CheckpointTests.broker(users: 4000, ratings: 8000)
        let first = try CheckpointTests.service(broker, directory, log: log)
        try first.checkpoint()
        let whole = first.processor.position.epoch
        for user in 1...4000 as ClosedRange<Int64> { broker.rate(user, user % 90 + 1, 4) }
        try first.settle()
        log.failsAfter = pieces
        try first.checkpoint()
        #expect(first.processor.counters.checkpointFailures.load(ordering: .relaxed) == 1)
        log.failsAfter = .max

        try wipe(directory)
        let second = try CheckpointTests.service(broker, directory, log: log)
        #expect(second.processor.lastCheckpointEpoch == whole)
        #expect(try second.digest() == first.digest())
        broker.rate(1, 2, 3)
        try second.settle()
        try second.checkpoint()
        // The first of a process stands alone.
        #expect(log.epochs == [second.processor.position.epoch])
    }

    /// A piece of another checkpoint, or one that is missing, is no checkpoint.
    @Test func aDamagedOneIsPassedOver() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker(ratings: 300)
        let first = try CheckpointTests.service(broker, directory, log: log)
        try first.checkpoint()
        let older = first.processor.position.epoch
        broker.rate(1, 2, 3)
        try first.settle()
        try first.checkpoint()
        let newer = CheckpointKey(epoch: first.processor.position.epoch, piece: 0)
        var damaged = try #require(log.records.last { $0.key == newer }?.value)
        damaged[damaged.count / 2] ^= 1
        let end = try #require(log.records.last)
        try damaged.withUnsafeBytes { try log.append(newer, $0) }
        try wipe(directory)
        let second = try CheckpointTests.service(broker, directory, log: log)
        #expect(second.processor.lastCheckpointEpoch == older)
        #expect(second.notices.contains { $0.contains("its checksum does not match") })
        #expect(try second.digest() == first.digest())

        // Where the look at the end says that all is well.
        try (end.value ?? []).withUnsafeBytes { try log.append(end.key, $0) }
        try wipe(directory)
        #expect(try CheckpointTests.service(broker, directory, log: log).processor.lastCheckpointEpoch == older)
    }

    @Test func oneWhoseCommitTheJournalDoesNotHaveIsPassedOver() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let first = try CheckpointTests.service(CheckpointTests.broker(ratings: 300), directory, log: log)
        try first.checkpoint()
        try wipe(directory)
        let other = CheckpointTests.broker(seed: 3, ratings: 400)
        let undisturbed = try TestService(other)
        try undisturbed.start()
        try undisturbed.settle()
        let second = try CheckpointTests.service(other, directory, log: log)
        #expect(second.processor.lastCheckpointEpoch == 0)
        #expect(second.notices.contains { $0.contains("does not have its chain") })
        #expect(try second.digest() == undisturbed.digest())

        let empty = try TestService(
            CheckpointTests.broker(seed: 4), store: CheckpointStore(directory: directory.path, log: log))
        #expect(throws: RecoveryError.journalLost(place: "the checkpoint topic")) { try empty.start() }
    }

    @Test func aFollowerWritesFilesAloneAndBeginsTheTopicAnewWhenItLeads() throws {
        let (directory, other, log) = (try TemporaryDirectory(), try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker()
        let leader = try CheckpointTests.service(broker, directory, log: log)
        try leader.checkpoint()
        let written = log.records.count

        let store = CheckpointStore(directory: other.path, log: log)
        let follower = try TestService(broker, store: store)
        var polls = 0
        follower.leadership.election = {
            polls += 1
            if polls == 2 {
                broker.rate(1, 2, 3)
                try leader.settle()
                follower.clock.nanoseconds += follower.processor.settings.checkpointIntervalNanoseconds
            }
            if polls > 5000 { throw TestService.TooSlow() }
            usleep(2000)
            return store.points().isEmpty || follower.processor.checkpointJob != nil ? .following : .leading
        }
        try follower.start()
        #expect(polls > 2 && log.records.count == written)
        #expect(
            store.points() == [
                CheckpointPoint(epoch: leader.processor.position.epoch, baseEpoch: leader.processor.position.epoch)
            ])
        #expect(try follower.digest() == leader.digest())

        // Its base is not in the topic, so the next checkpoint is none of its deltas.
        broker.rate(1, 3, 3)
        try follower.settle()
        try follower.checkpoint()
        let newest = try #require(store.points().first)
        #expect(newest.isBase && log.epochs == [newest.epoch])
        broker.rate(1, 4, 3)
        try follower.settle()
        try follower.checkpoint()
        #expect(store.points().first?.baseEpoch == newest.epoch && log.epochs.count == 2)
    }

    @Test func keysAreInTheOrderOfEpochsAndPieces() throws {
        let keys = [(0, 0), (0, 9), (0, 10), (9, 1), (10, 0), (1 << 40, 3), (.max, 999_999)].map {
            CheckpointKey(epoch: $0.0, piece: $0.1)
        }
        #expect(keys.map(\.description).sorted() == keys.map(\.description))
        for key in keys { #expect(CheckpointKey(key.description) == key) }
        for text in ["", "1/2", "x", "0000000000000000001-000001", "000000000000000000a/000001"] {
            #expect(CheckpointKey(text) == nil)
        }
    }

    // MARK: Forgetting

    @Test func aForgottenUserIsInNoKeptFileOrPiece() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker()
        let service = try CheckpointTests.service(broker, directory, log: log)
        let secret: Int64 = 0x1234_5678_9ABC
        let time: Int64 = 999_123_457
        for movie in 1...30 as ClosedRange<Int64> { broker.rate(secret, movie, 4, time: time) }
        broker.rate(1, 2, 3)
        try service.settle()
        try service.checkpoint()
        broker.rate(2, 2, 3)
        try service.settle()
        try service.checkpoint()
        #expect(try found(secret, directory, log) > 0 && found(time * 1000, directory, log) >= 30)

        broker.now += 1000
        broker.forget(secret)
        broker.rate(3, 4, 5)
        try service.settle()
        let cut = service.clock.nanoseconds
        service.clock.nanoseconds += service.processor.settings.forgetIntervalNanoseconds
        broker.rate(3, 5, 5)
        try service.settle()
        try service.run { service.processor.checkpointJob == nil && !service.processor.hasForgotten }
        #expect(service.clock.nanoseconds - cut < 60_000_000_000)
        #expect(service.processor.store?.points().map(\.isBase) == [true])
        #expect(log.epochs.count == 1)
        // What stays is that he was forgotten: his id once in each place.
        #expect(try found(secret, directory, nil) == 1)
        #expect(try found(secret, nil, log) == 1)
        #expect(try found(time * 1000, directory, log) == 0)
        // Deltas after that do not bring him back.
        broker.rate(4, 5, 5)
        try service.settle()
        try service.checkpoint()
        #expect(service.processor.store?.points().first?.isBase == false)
        #expect(try found(time * 1000, directory, log) == 0)
    }

    /// Its writer died after the file was whole and before the older ones went.
    @Test func aRestartErasesWhatItsPredecessorDidNot() throws {
        let (directory, log) = (try TemporaryDirectory(), ModelCheckpointLog())
        let broker = CheckpointTests.broker(ratings: 500)
        let first = try CheckpointTests.service(broker, directory, log: log)
        try first.checkpoint()
        let store = try #require(first.processor.store)
        let older = store.path(of: try #require(store.points().first))
        let kept = try CheckpointFile.read(older)
        broker.now += 1000
        broker.forget(7)
        try first.settle()
        try first.checkpoint()
        try Data(kept).write(to: URL(fileURLWithPath: older))
        let second = try CheckpointTests.service(broker, directory, log: log)
        #expect(store.points().count == 2)
        second.clock.nanoseconds += second.processor.settings.forgetIntervalNanoseconds
        broker.rate(8, 9, 1)
        try second.settle()
        try second.run { second.processor.checkpointJob == nil && !second.processor.hasForgotten }
        #expect(store.points().map(\.epoch) == [second.processor.lastCheckpointEpoch])
    }

    /// How often the bytes of a number stand in files and in pieces that were not taken back.
    private func found(_ number: Int64, _ directory: TemporaryDirectory?, _ log: ModelCheckpointLog?) throws -> Int {
        var places: [[UInt8]] = []
        if let directory {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
                places.append(try CheckpointFile.read("\(directory.path)/\(name)"))
            }
        }
        if let log {
            log.compact()
            places += log.records.compactMap(\.value)
        }
        let wanted = Data(withUnsafeBytes(of: number.littleEndian) { Array($0.prefix(6)) })
        return places.reduce(0) { count, bytes in
            let data = Data(bytes)
            var (count, at) = (count, data.startIndex)
            while let range = data.range(of: wanted, in: at..<data.endIndex) {
                count += 1
                at = range.upperBound
            }
            return count
        }
    }
}
