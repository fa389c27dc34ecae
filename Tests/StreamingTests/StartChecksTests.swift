import Events
import Testing

@testable import Streaming

/// What keeps a service from going on, and what does not.
@Suite struct StartChecksTests {
    private let ratings = InputPartition(.ratings, 0)

    /// A stream that a service has processed.
    private func processed() throws -> ModelBroker {
        let broker = ModelBroker()
        for movie in 1...9 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        for user in 1...8 as ClosedRange<Int64> { broker.rate(user, user, 4) }
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        try service.processor.stop()
        #expect(broker.storedOffsets[ratings] == 8)
        return broker
    }

    private func refusal(_ broker: ModelBroker) throws -> RecoveryError? {
        #expect(throws: RecoveryError.self) { try TestService(broker).start() }
    }

    @Test func aJournalThatTheGroupIsAheadOfIsRefused() throws {
        let whole = try processed()
        try TestService(whole).start()

        let empty = try processed()
        empty.journal.removeAll()
        #expect(
            try refusal(empty)
                == .offsetsAhead(group: "marquee", place: "movies-0", committed: 9, position: 0))

        let short = try processed()
        short.journal.removeLast()
        let error = try refusal(short)
        guard case .offsetsAhead(_, "ratings-0", 8, let position) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(position < 8)
        #expect(error?.description.contains("bring the journal topic back") == true)
    }

    @Test func groupOffsetsThatAreBehindOrAbsentDoNotMatter() throws {
        let broker = try processed()
        broker.storedOffsets[ratings] = 3
        try TestService(broker).start()
        broker.storedOffsets = [:]
        try TestService(broker).start()
    }

    @Test func aTopicThatWasTruncatedIsRefused() throws {
        let broker = try processed()
        broker.storedOffsets = [:]
        broker.truncate(ratings, to: 5)
        guard case .inputLost(let what)? = try refusal(broker) else {
            Issue.record("not refused")
            return
        }
        #expect(what.contains("ratings-0 ends at offset 5, but offset 8"))
    }

    @Test func recordsThatExpiredUnreadAreRefused() throws {
        let directory = try TemporaryDirectory()
        let store = CheckpointStore(directory: directory.path)
        let broker = try processed()
        let service = try TestService(broker, store: store)
        try service.start()
        try service.processor.stop()
        for user in 1...8 as ClosedRange<Int64> { broker.rate(user, user + 1, 3) }
        // As far as it was read, anything may go.
        broker.beginnings[ratings] = 8
        try TestService(broker, store: store).start()
        broker.beginnings[ratings] = 11
        let error = #expect(throws: RecoveryError.self) { try TestService(broker, store: store).start() }
        #expect(error == .expiredUnread(place: "ratings-0", position: 8, beginning: 11))
        #expect(error?.description.contains("--on-lost-offsets earliest") == true)
    }

    @Test func aTopicWithFewerPartitionsThanBeforeIsRefused() throws {
        let wide = ModelBroker(ratingPartitions: 3)
        for user in 1...20 as ClosedRange<Int64> { wide.rate(user, 1, 4) }
        let service = try TestService(wide)
        try service.start()
        try service.settle()
        var position = service.processor.position
        position.inputs = position.inputs.filter { $0.key.topic == .ratings }
        let error = #expect(throws: RecoveryError.self) {
            try StartChecks(applicationID: "marquee", topicPrefix: "p-").check(
                position, committed: [:], ModelSource(ModelBroker(ratingPartitions: 1)))
        }
        #expect(error == .partitionGone(place: "p-ratings-1"))
    }

    @Test func whoFollowedAJournalThatWasClearedDoesNotLead() throws {
        let broker = try processed()
        let service = try TestService(broker)
        var polls = 0
        service.leadership.election = {
            polls += 1
            if polls < 30 { return .following }
            broker.journalBeginning = Int64(broker.journal.count)
            broker.storedOffsets = [:]
            return .leading
        }
        let epoch = Int64(broker.journal.count) - 1
        #expect(throws: RecoveryError.journalCleared(epoch: epoch)) { try service.start() }
    }

    @Test func aFollowerStartsAgainWhenItsLeaderBeganALineageThatNoReplayGives() throws {
        let directory = try TemporaryDirectory()
        let broker = try processed()
        let service = try TestService(broker)
        var polls = 0
        service.leadership.election = { [ratings] in
            polls += 1
            if polls == 30 {
                // To another instance, which has no checkpoint, records are gone.
                broker.compacted[ratings] = [3]
                let leader = try TestService(broker, store: CheckpointStore(directory: directory.path))
                try leader.start()
            }
            return polls > 60 ? .leading : .following
        }
        let epoch = Int64(broker.journal.count)
        #expect(throws: RecoveryError.lineagePassed(epoch: epoch)) { try service.start() }
    }
}
