import Events
import Learning
import Recommending

/// Start-up: the one recovery path.
extension StreamProcessor {
    /// Restores the state to the journal's end, or begins a new lineage, and gets ready to read on from there.
    ///
    /// - Throws: `RecoveryError` when what is found can't be gone on from; what ports throw.
    public func restore() throws {
        store?.removeTemporaries()
        // Before the journal is looked at: whatever is committed in between makes the journal newer, never older.
        let committed = try source.committedOffsets()
        let restored = try Restoration.run(
            applicationID: settings.applicationID, topicPrefix: settings.topicPrefix, applier: applier, lists: lists,
            source: source, journal: journal, store: store, notice: notice)
        position = restored.position
        fanOuts = restored.position.fanOuts
        lastJournalOffset = restored.journalOffset
        lastCheckpointEpoch = restored.checkpointEpoch
        lastCheckpointNanoseconds = clock.monotonicNanoseconds()
        ratingsSinceCheckpoint = restored.replayedRatings
        hasForgotten = restored.hasForgotten
        counters.foreignJournalRecords.store(restored.foreignRecords, ordering: .relaxed)
        counters.checkpointEpoch.store(restored.checkpointEpoch, ordering: .relaxed)
        let lost = try StartChecks(applicationID: settings.applicationID, topicPrefix: settings.topicPrefix)
            .check(position, committed: committed, source)
        if restored.hasStarted {
            try continueLineage(restored.doubts, lost)
        } else {
            try beginLineage(.empty, reason: "first start")
        }
        cycle = CommitCycle(journaledEpoch: position.epoch)
        counters.journaledEpoch.store(position.epoch, ordering: .relaxed)
        for slot in sealedInputs.indices { sealedInputs[slot] = position.inputs }

        if !position.isCatalogueComplete {
            catalogueEnds = try currentCatalogueEnds()
            // With nothing to read first, no commit would ever say that it is over.
            completeCatalogue()
        }
        try recommender.rebuildIndex()
        for (row, description) in learner.movies.descriptions.enumerated() where !description.title.isEmpty {
            encoding.setTitle(UInt32(row), description.title)
        }
        if position.epoch > 0 {
            notice(
                "restored epoch \(position.epoch): \(learner.users.count) users, \(learner.movies.count) movies,"
                    + " \(restored.replayedRatings) ratings replayed since the checkpoint of epoch"
                    + " \(restored.checkpointEpoch)")
        }
        counters.isLive.store(true, ordering: .releasing)
    }

    private func currentCatalogueEnds() throws -> [InputPartition: Int64] {
        if position.isSilent { return position.silentEnds.filter { $0.key.topic != .ratings } }
        var ends: [InputPartition: Int64] = [:]
        for topic in [InputTopic.movies, .users] {
            for number in 0..<source.partitionCount(of: topic) {
                let partition = InputPartition(topic, Int32(number))
                let bounds = try source.bounds(of: partition)
                if bounds.upperBound > bounds.lowerBound { ends[partition] = bounds.upperBound }
            }
        }
        return ends
    }
}
