import Events
import Learning
import Recommending

/// Start-up: the one recovery path.
extension StreamProcessor {
    /// Restores the state to the journal's end, follows until this instance leads, and gets ready to read on from there.
    /// Returns false when `shouldStop` said so before.
    ///
    /// - Throws: `RecoveryError` when what is found can't be gone on from; `LeadershipLost`; what ports throw.
    @discardableResult
    public func start(shouldStop: () -> Bool = { false }) throws -> Bool {
        // Asks for the election first: its answers come while the state is restored.
        standing = try leadership.poll()
        let restoration = try restore()
        let began = clock.monotonicNanoseconds()
        var hasSaidSo = false
        while standing == .following {
            if shouldStop() { return false }
            try follow(restoration)
            standing = try leadership.poll()
            if !hasSaidSo, clock.monotonicNanoseconds() &- began > StreamLimits.electionNanoseconds {
                hasSaidSo = true
                notice(
                    "following '\(settings.applicationID)' from epoch \(position.epoch) on: another instance leads, or"
                        + " the group has not yet said that this one does")
            }
        }
        try lead(restoration)
        return true
    }

    /// The newest checkpoint, then what the journal has after it.
    private func restore() throws -> Restoration {
        store?.removeTemporaries()
        let restoration = try Restoration(
            applicationID: settings.applicationID, topicPrefix: settings.topicPrefix, applier: applier, lists: lists,
            source: source, journal: journal, store: store, notice: notice)
        try restoration.catchUp { standing = try leadership.poll() }
        lastCheckpointEpoch = restoration.checkpointEpoch
        if let offset = restoration.checkpointOffset {
            trimmer?.note(checkpoint: lastCheckpointEpoch, journalOffset: offset)
        }
        lastCheckpointNanoseconds = clock.monotonicNanoseconds()
        counters.checkpointEpoch.store(restoration.checkpointEpoch, ordering: .relaxed)
        take(restoration)
        if position.epoch > 0 {
            notice(
                "restored epoch \(position.epoch): \(learner.users.count) users, \(learner.movies.knownCount) movies,"
                    + " \(restoration.replayedRatings) ratings replayed since the checkpoint of epoch"
                    + " \(restoration.checkpointEpoch)")
        }
        return restoration
    }

    /// Another leads: this instance stays right behind it, and keeps checkpoints of its own.
    private func follow(_ restoration: Restoration) throws {
        let before = restoration.doubts.lineagePassed
        try restoration.follow(waitMilliseconds: StreamLimits.followWaitMilliseconds)
        if let passed = restoration.doubts.lineagePassed, passed != before {
            throw RecoveryError.lineagePassed(epoch: passed)
        }
        if restoration.position.epoch == position.epoch { return try checkpointIfDue() }
        take(restoration)
        try checkpointIfDue()
    }

    /// Brings the loop's view up to what was replayed.
    private func take(_ restoration: Restoration) {
        position = restoration.position
        isInDoubt = !restoration.doubts.isEmpty
        lastJournalOffset = restoration.journalOffset
        ratingsSinceCheckpoint += restoration.takeReplayedRatings()
        if restoration.takeHasForgotten() { hasForgotten = true }
        counters.journaledEpoch.store(position.epoch, ordering: .relaxed)
        counters.foreignJournalRecords.store(restoration.foreignRecords, ordering: .relaxed)
    }

    /// Takes the right to publish, then reads what the one before wrote last: in the other order he could still commit
    /// in between.
    private func lead(_ restoration: Restoration) throws {
        let committed = try takeLead(restoration)
        take(restoration)
        fanOuts = position.fanOuts
        let lost = try checkStart(position, committed)
        if restoration.hasStarted {
            try continueLineage(restoration.doubts, lost)
        } else {
            try beginLineage(.empty, reason: "first start")
        }
        try goLive()
        // Whoever died with the last of them unsent leaves them to his successor.
        offsetsToStore = committed != position.inputs
    }

    /// Fences whoever led before, and brings a restoration to the journal's end, to which nobody else can add now. Returns
    /// the group's offsets as they were before: should another lead already, his journal covers them.
    func takeLead(_ restoration: Restoration) throws -> [InputPartition: Int64] {
        let end = try sink.open {
            guard try leadership.poll() == .leading else {
                throw LeadershipLost(reason: "another instance was elected while this one took the lead")
            }
        }
        isLeading = true
        let committed = try leadership.committedOffsets(of: source.partitions)
        try restoration.catchUp()
        // From here on this instance writes what comes.
        journal.rest()
        guard restoration.nextOffset >= end else {
            throw RecoveryError.journalUnreadable(read: restoration.nextOffset, end: end)
        }
        // The newest record is never trimmed; without it this state continues nothing.
        if restoration.journalOffset >= 0, try journal.bounds().lowerBound > restoration.journalOffset {
            throw RecoveryError.journalCleared(epoch: restoration.position.epoch)
        }
        if sink.delivery == .exactlyOnce && restoration.foreignRecords > 0 {
            throw RecoveryError.foreignRecords(restoration.foreignRecords)
        }
        return committed
    }

    /// Whether the stream can be gone on from there; returns what expired unread.
    func checkStart(_ position: Position, _ committed: [InputPartition: Int64]) throws -> [LostRange] {
        try StartChecks(applicationID: settings.applicationID, topicPrefix: settings.topicPrefix)
            .check(position, committed: committed, source)
    }

    /// Gets ready to read on from `position`.
    func goLive() throws {
        cycle = CommitCycle(journaledEpoch: position.epoch, delivery: sink.delivery)
        try findFirstToReadAgain()
        for slot in sealedInputs.indices { sealedInputs[slot] = position.inputs }
        if !position.isCatalogueComplete {
            catalogueEnds = try currentCatalogueEnds()
            // With nothing to read first, no commit would ever say that it is over.
            completeCatalogue()
        }
        let began = clock.monotonicNanoseconds()
        try recommender.rebuildIndex()
        counters.index.rebuildNanoseconds.store(Int(clock.monotonicNanoseconds() - began), ordering: .relaxed)
        counters.index.store(recommender.indexFigures)
        for (row, description) in learner.movies.descriptions.enumerated() where !description.title.isEmpty {
            encoding.setTitle(UInt32(row), description.title)
        }
        counters.isLive.store(true, ordering: .releasing)
        onLead()
    }

    private func currentCatalogueEnds() throws -> [InputPartition: Int64] {
        if position.isSilent { return position.silentEnds.filter { $0.key.topic != .ratings } }
        return try source.bounds(of: source.partitions.filter { $0.topic != .ratings })
            .filter { !$0.value.isEmpty }.mapValues(\.upperBound)
    }
}
