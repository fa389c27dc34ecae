import Events
import Learning
import Recommending

/// Lineages: how they begin, and how a log is learnt anew without publishing.
extension StreamProcessor {
    /// Goes on with the lineage that was restored, or, where a replay would not come to the same state, begins a new one
    /// from it.
    func continueLineage(_ doubts: ReplayDoubts, _ lost: [LostRange]) throws {
        var reasons: [String] = []
        if !doubts.isEmpty { reasons.append("\(doubts)") }
        for range in lost {
            guard settings.onLostOffsets == .earliest else {
                throw RecoveryError.expiredUnread(
                    place: range.place, position: range.position, beginning: range.beginning)
            }
            position.inputs[range.partition] = range.beginning
            reasons.append("\(range.place) expired unread from offset \(range.position) to \(range.beginning)")
        }
        if !lost.isEmpty { try source.assign(position.inputs) }
        if reasons.isEmpty { return }
        if let job = checkpointJob, job.wait(seconds: 5) { try checkpointIfDue() }
        // Nobody else comes to the state of the commits before, nor need they.
        digestToJournal = nil
        let reason = reasons.joined(separator: ", ")
        try beginLineage(.continued, reason: reason)
        notice("a new lineage goes on at epoch \(position.epoch), because \(reason)")
        checkpointLineage()
    }

    /// Writes the record that begins a lineage and waits until it stands.
    func beginLineage(_ origin: Lineage.Origin, reason: String) throws {
        let epoch = position.chain == .zero ? 0 : position.epoch + 1
        let lineage = Lineage(
            origin: origin, numericsVersion: learner.model.numericsVersion, settings: learner.settings,
            reason: reason, inputs: origin == .empty ? position.silentEnds : position.inputs)
        let record = sealedRecords[0]
        position.chain = JournalEncoder.start(
            epoch: epoch, previousChain: position.chain, lineage: lineage, into: record)
        position.epoch = epoch
        try sink.append(journalRecord: record.bytes, epoch: epoch, inputs: position.inputs, storesOffsets: true)
        var stands = false
        while !stands {
            standing = try leadership.poll()
            try sink.poll(waitMilliseconds: 20) { report in
                if case .journaled(epoch, let offset) = report {
                    lastJournalOffset = offset
                    stands = true
                }
            }
        }
    }

    /// No replay of what came before gives the state that a lineage begins with, so it is kept at once.
    func checkpointLineage() {
        checkpointBase = nil
        isInDoubt = false
        cutCheckpoint(haste: .all)
        checkpointJob?.commitStands(journalOffset: lastJournalOffset)
    }

    // MARK: Learning a log anew

    /// Whether all that was processed before is learnt again; the commit at hand is the last silent one.
    var isSilenceOver: Bool {
        position.isSilent && position.silentEnds.allSatisfy { (position.inputs[$0.key] ?? 0) >= $0.value }
    }

    /// Reads the next of what was processed before, exactly up to there; true when more waits.
    ///
    /// What lies behind is news, and is answered.
    func readAgain(limit: Int) throws -> Bool {
        batch.removeAll()
        let topics: InputTopics = catalogueEnds == nil ? .all : [.movies, .users]
        let open = position.silentEnds.filter {
            topics.contains($0.key.topic) && (position.inputs[$0.key] ?? 0) < $0.value
        }
        if open.isEmpty {
            // The last silent commit waits for its turn.
            try collectReports(waitMilliseconds: 5)
            return false
        }
        let share = Int64(max(1, limit / open.count))
        let cut = open.sorted { $0.key < $1.key }.prefix(limit).map { partition, end in
            RecordBatch.Segment(
                partition: partition, start: 0, count: 0,
                nextOffset: min(end, (position.inputs[partition] ?? 0) + share))
        }
        do {
            try source.read(upTo: cut, into: batch)
        } catch let error as SourceError {
            throw RecoveryError.from(error, topicPrefix: settings.topicPrefix)
        }
        return true
    }

    /// A log that begins late has less to read again.
    func findFirstToReadAgain() throws {
        let unread = position.silentEnds.keys.filter { position.inputs[$0] == nil }
        for (partition, kept) in try source.bounds(of: unread) { position.inputs[partition] = kept.lowerBound }
    }

    /// From here on lists are published again; each goes on from the one that its user had.
    func completeSilence() {
        if position.completeSilence() { lists.adoptAll(users: learner.users, movies: learner.movies) }
    }
}
