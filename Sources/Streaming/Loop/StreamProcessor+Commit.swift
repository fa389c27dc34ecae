import Events
import Learning
import Recommending

/// Sealing a commit: who is due, their lists, the journal record.
extension StreamProcessor {
    /// How many more users may become due in the open commit, so that its journal record stays within its limit.
    var listRoom: Int {
        let bytes = StreamLimits.journalRecordBytesMax - commit.journal.byteCount
        let each = JournalEncoder.listBytesMax(
            length: settings.listLength, movieIDMax: learner.movies.idMax)
        return min(StreamLimits.commitListsMax, max(0, bytes) / each) - commit.due.count
    }

    /// Whether the open commit has grown enough.
    private var isGrown: Bool {
        workNanoseconds >= settings.commitWorkNanoseconds || listRoom < StreamLimits.listRoomMin
    }

    /// What the open commit has cost, and its lists will cost.
    private var workNanoseconds: UInt64 { commit.workNanoseconds + pace.nanoseconds(lists: commit.due.count) }

    /// How many records the open commit takes at once: their lists must find room in it, and time.
    var recordRoom: Int {
        let most = settings.commitWorkNanoseconds
        let time = workNanoseconds < most ? most - workNanoseconds : 0
        let records = max(StreamLimits.listRoomMin, pace.records(in: time))
        return max(1, min(StreamLimits.batchRecordsMax, records, listRoom))
    }

    /// Whether a commit may be sealed at all: the broker keeps up, and this instance leads.
    var maySeal: Bool { cycle.maySeal && standing == .leading }

    /// The commit is grown and can't be sealed, so nothing more is taken.
    var isHeldBack: Bool { !maySeal && isGrown }

    /// A commit is sealed when it has grown enough, or when nothing waits and lists don't take too much of the time;
    /// and only while the broker keeps up.
    func isTimeToSeal(moreWaits: Bool) -> Bool {
        if !maySeal { return false }
        if commit.isEmpty && fanOuts.isEmpty { return false }
        if isGrown || isSilenceOver { return true }
        if settings.commitIntervalNanoseconds > 0 { return sealWaitMilliseconds == 0 }
        if !fanOuts.isEmpty { return true }
        if moreWaits { return false }
        return sealWaitMilliseconds == 0
    }

    /// How long the open commit still waits for more, in whole milliseconds; 0 = it is sealed now.
    var sealWaitMilliseconds: Int32 {
        let now = clock.monotonicNanoseconds()
        if settings.commitIntervalNanoseconds > 0 {
            let age = now &- lastSealNanoseconds
            let interval = settings.commitIntervalNanoseconds
            // The commit's own time is part of the interval: who waits for its lists waits for both.
            let wanted = interval - min(commitNanoseconds, interval / 4)
            return age >= wanted ? 0 : Int32(clamping: (wanted - age + 999_999) / 1_000_000)
        }
        return pace.waitMilliseconds(lists: commit.due.count, now: now)
    }

    func sealCommit() throws {
        let epoch = position.epoch + 1
        let began = clock.monotonicNanoseconds()
        let recordCount = commit.records
        completeCatalogue()
        completeSilence()
        try recommender.refreshIndex()
        counters.index.store(recommender.indexFigures)
        try publishTombstones()
        advanceFanOuts()
        let listCount = commit.due.count
        try publishLists(epoch)
        try sendChunk(epoch)

        let isCut = isCheckpointDue
        let record = sealedRecords[Int(epoch) % sealedRecords.count]
        position.chain = commit.journal.finish(
            epoch: epoch, previousChain: position.chain, isCatalogueComplete: position.isCatalogueComplete,
            fanOuts: fanOuts, isCut: isCut, digest: takeDigest(), into: record)
        position.epoch = epoch
        position.fanOuts = fanOuts
        for (partition, offset) in position.inputs {
            sealedInputs[Int(epoch) % sealedInputs.count][partition] = offset
        }
        cycle.seal(epoch: epoch, outputs: commit.outputs - commit.deliveredEarly)
        counters.records.wrappingAdd(commit.records, ordering: .relaxed)
        counters.commits.wrappingAdd(1, ordering: .relaxed)
        commit.removeAll()
        lastSealNanoseconds = began
        pace.sealed(lists: listCount, records: recordCount, began: began, ended: clock.monotonicNanoseconds())
        if isCut { cutCheckpoint() }
    }

    /// The first start is over when `movies` and `users` have been read to the ends that they had.
    func completeCatalogue() {
        guard let ends = catalogueEnds else { return }
        for (partition, end) in ends where (position.inputs[partition] ?? 0) < end { return }
        catalogueEnds = nil
        position.isCatalogueComplete = true
    }

    private func publishTombstones() throws {
        for userID in commit.tombstones {
            encoding.appendTombstone(userID: userID, to: chunk)
            try sendChunkIfLarge()
        }
    }

    private func publishLists(_ epoch: Int64) throws {
        let entries = commit.due.entries
        if entries.isEmpty { return }
        lists.reserve(learner.users.rowCount)
        let now = clock.wallMilliseconds()
        var at = 0
        while at < entries.count {
            let first = at
            dueScratch.removeAll(keepingCapacity: true)
            while at < entries.count && dueScratch.count < Recommender.usersMax {
                let user = entries[at].user
                if user != IdentityMap.none {
                    dueScratch.append(user)
                    lists.adopt(user, id: learner.users.pointer(user).pointee.id, movies: learner.movies)
                }
                at += 1
            }
            try dueScratch.withUnsafeBufferPointer { try recommender.recommend($0, isExplained: true) }
            var place = 0
            for entry in entries[first..<at] where entry.user != IdentityMap.none {
                publish(entry, place, epoch, now)
                try sendChunkIfLarge()
                place += 1
            }
        }
    }

    /// Publishes one list, unless it is unchanged and answers nothing.
    private func publish(_ entry: DueUsers.Entry, _ place: Int, _ epoch: Int64, _ now: Int64) {
        let items = recommender.results.items(of: place)
        let user = entry.user
        if !entry.isAnswer && lists.sequence(user) > 0 && lists.isSame(user, items) { return }
        let scores = recommender.results.scores(of: place)
        let ids = recommender.results.ids(of: place)
        let lastScore = items.isEmpty ? 0 : scores[items.count - 1]
        let sequence = lists.publish(user, items, lastScore: lastScore)
        let userID = learner.users.pointer(user).pointee.id
        encoding.append(
            entry, userID: userID, sequence: sequence, epoch: epoch, generatedAtMilliseconds: now,
            causes: commit.causes, recommender: recommender, place: place, to: chunk)
        commit.journal.note(userID: userID, lastScore: lastScore, count: items.count) { ids[$0] }
    }

    func sendChunkIfLarge() throws {
        if chunk.bytes.count >= StreamLimits.chunkBytes { try sendChunk(position.epoch + 1) }
    }

    private func sendChunk(_ epoch: Int64) throws {
        if chunk.records.isEmpty { return }
        try sink.send(chunk, epoch: epoch)
        commit.outputs += chunk.records.count
        var listCount = 0
        for record in chunk.records where record.kind == .recommendation { listCount += 1 }
        counters.lists.wrappingAdd(listCount, ordering: .relaxed)
        chunk.removeAll()
    }

    // MARK: After the seal

    func collectReports(waitMilliseconds: Int32 = 0) throws {
        reportScratch.removeAll(keepingCapacity: true)
        try sink.poll(waitMilliseconds: waitMilliseconds) { reportScratch.append($0) }
        for report in reportScratch {
            // Dead letters and early chunks of the open commit may be acknowledged before it is sealed.
            if case .delivered(let epoch, let count) = report, epoch == position.epoch + 1 {
                commit.deliveredEarly += count
                continue
            }
            try cycle.apply(report)
            if case .journaled(let epoch, let offset) = report { journaled(epoch, offset) }
        }
    }

    private func journaled(_ epoch: Int64, _ offset: Int64) {
        counters.journaledEpoch.store(epoch, ordering: .relaxed)
        offsetsToStore = !transactionStoresOffsets
        lastJournalOffset = offset
        if sink.delivery == .exactlyOnce {
            let taken = clock.monotonicNanoseconds() &- lastSealNanoseconds
            commitNanoseconds = (commitNanoseconds * 7 + taken) / 8
        }
        if let job = checkpointJob, job.epoch == epoch { job.commitStands(journalOffset: offset) }
    }

    /// Appends the journal records whose lists are acknowledged, and stores offsets now and then.
    func finishCommits() throws {
        if journalWaitMilliseconds == 0 { try appendJournalRecords() }
        // Exactly once these are those of a last transaction without any: so long after it, no other came.
        let interval = StreamLimits.offsetsIntervalNanoseconds * (sink.delivery == .exactlyOnce ? 2 : 1)
        if offsetsToStore && standing == .leading && offsetsAgeNanoseconds >= interval { try storeOffsets() }
    }

    /// How long ago the group's offsets were sent.
    private var offsetsAgeNanoseconds: UInt64 { clock.monotonicNanoseconds() &- lastOffsetsNanoseconds }

    /// How long the journal records that are ready wait for company; nil when there are none.
    ///
    /// A lone commit's record goes at once. Under load they go some at a time: every request costs the broker, and
    /// readers of lists do not wait for the journal.
    var journalWaitMilliseconds: Int32? {
        let ready = cycle.readyCount
        if ready == 0 { return nil }
        if sink.delivery == .exactlyOnce { return 0 }
        if ready >= StreamLimits.journalRecordsTogether { return 0 }
        let age = clock.monotonicNanoseconds() &- lastAppendNanoseconds
        if age >= StreamLimits.journalIntervalNanoseconds { return 0 }
        return Int32((StreamLimits.journalIntervalNanoseconds - age + 999_999) / 1_000_000)
    }

    private func appendJournalRecords() throws {
        while case .appendJournalRecord(let epoch) = cycle.next() {
            // Two requests and a marker less in most transactions: the journal has the positions.
            transactionStoresOffsets =
                sink.delivery == .exactlyOnce && offsetsAgeNanoseconds >= StreamLimits.offsetsIntervalNanoseconds
            if transactionStoresOffsets { lastOffsetsNanoseconds = clock.monotonicNanoseconds() }
            try sink.append(
                journalRecord: sealedRecords[Int(epoch) % sealedRecords.count].bytes, epoch: epoch,
                inputs: sealedInputs[Int(epoch) % sealedInputs.count], storesOffsets: transactionStoresOffsets)
        }
        lastAppendNanoseconds = clock.monotonicNanoseconds()
    }

    /// The group's offsets are those of the newest commit that stands in the journal, never ahead of it.
    private func storeOffsets() throws {
        try leadership.storeOffsets(sealedInputs[Int(cycle.journaledEpoch) % sealedInputs.count])
        offsetsToStore = false
        lastOffsetsNanoseconds = clock.monotonicNanoseconds()
    }

    /// Seals what is open, waits until everything stands in the journal, gives the lead away, and leaves a checkpoint behind.
    /// A fan-out that is under way goes on at the next start: the journal says where.
    ///
    /// - Throws: `StopTimedOut` when the broker does not answer or no election comes to an end; what ports throw.
    public func stop() throws {
        let began = clock.monotonicNanoseconds()
        while !commit.isEmpty || cycle.waitingCount > 0 {
            standing = try leadership.poll()
            if maySeal && !commit.isEmpty { try sealCommit() }
            try appendJournalRecords()
            // Reports, or the outcome of an election.
            if cycle.waitingCount > 0 || !maySeal { try collectReports(waitMilliseconds: 20) }
            if clock.monotonicNanoseconds() &- began > StreamLimits.stopNanoseconds { throw StopTimedOut() }
        }
        if offsetsToStore { try storeOffsets() }
        // A checkpoint may take longer than whoever follows should wait; without the lead it goes to a file alone.
        leadership.release()
        standing = .following
        isLeading = false
        try checkpointAtStop()
    }
}

/// What was under way when the service was to stop did not come to an end.
public struct StopTimedOut: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String {
        "the newest commit could not be brought to an end within \(StreamLimits.stopNanoseconds / 1_000_000_000) s;"
            + " nothing is lost: the next start finds out whether it stands, and goes on from there"
    }
}
