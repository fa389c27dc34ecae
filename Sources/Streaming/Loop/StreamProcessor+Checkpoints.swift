import Learning
import Recommending

/// When a checkpoint is cut, and what becomes of it.
extension StreamProcessor {
    /// Whether the commit that is sealed now gets a checkpoint; its journal record says so.
    var isCheckpointDue: Bool {
        // A checkpoint says that its state is that of its epoch.
        guard store != nil, checkpointJob == nil, !isInDoubt else { return false }
        let age = clock.monotonicNanoseconds() &- lastCheckpointNanoseconds
        if hasForgotten && age >= settings.forgetIntervalNanoseconds { return true }
        return age >= StreamLimits.checkpointSpacing * checkpointTookNanoseconds
            && (ratingsSinceCheckpoint >= settings.checkpointRatings || age >= settings.checkpointIntervalNanoseconds)
    }

    /// Cuts a checkpoint of the commit that was just sealed, before the next batch touches a row.
    func cutCheckpoint(haste: CheckpointJob.Haste = .none) {
        guard let store else { return }
        let content = CheckpointContent(
            applicationID: settings.applicationID, numericsVersion: learner.model.numericsVersion,
            settings: learner.settings, position: position, learner: learner.snapshot(),
            lists: lists.snapshot(), erases: hasForgotten)
        // The topic is the leader's.
        checkpointJob = CheckpointJob(
            content, base: checkpointBase, store: isLeading ? store : store.withoutTopic, haste: haste)
        hasForgotten = false
        ratingsSinceCheckpoint = 0
        lastCheckpointNanoseconds = clock.monotonicNanoseconds()
    }

    /// Looks after the job that runs; and when the stream is quiet, lets a checkpoint that is due by time be cut. Of the
    /// newest commit, whose record is written already: then a later record names a digest that nobody was told of.
    func checkpointIfDue() throws {
        if let job = checkpointJob {
            // The next one is without him.
            if hasForgotten { job.hurry() }
            settle(job)
        } else if lastCheckpointEpoch < position.epoch && commit.isEmpty && cycle.waitingCount == 0 && fanOuts.isEmpty,
            isCheckpointDue
        {
            cutCheckpoint()
            checkpointJob?.commitStands(journalOffset: lastJournalOffset)
        }
    }

    /// The digest of a checkpoint's state, once, for the next journal record.
    func takeDigest() -> EpochDigest? {
        defer { digestToJournal = nil }
        return digestToJournal
    }

    private func settle(_ job: CheckpointJob) {
        switch job.outcome {
        case .running: return
        case .abandoned: if job.erases { hasForgotten = true }
        case .ended(let report):
            checkpointTookNanoseconds = clock.monotonicNanoseconds() &- lastCheckpointNanoseconds
            note(report, of: job)
        }
        checkpointJob = nil
    }

    private func note(_ report: CheckpointReport, of job: CheckpointJob) {
        if let digest = report.digest { digestToJournal = EpochDigest(epoch: job.epoch, digest: digest) }
        if report.isKept {
            lastCheckpointEpoch = job.epoch
            counters.checkpointEpoch.store(job.epoch, ordering: .relaxed)
            counters.checkpointBytes.store(report.byteCount, ordering: .relaxed)
            if let offset = job.journalOffset { trimmer?.note(checkpoint: job.epoch, journalOffset: offset) }
            trimJournal()
        }
        if report.failures.isEmpty {
            if let base = report.base { checkpointBase = base }
            return
        }
        // What is missing somewhere is no base for anything, and what was to be erased may still be there.
        checkpointBase = nil
        if job.erases { hasForgotten = true }
        counters.checkpointFailures.wrappingAdd(1, ordering: .relaxed)
        for reason in report.failures { notice("the checkpoint of epoch \(job.epoch) was not written: \(reason)") }
    }

    /// From now on the journal is trimmed with this, after checkpoints.
    public func trimJournal(with trim: any JournalTrim, notice: @escaping @Sendable (String) -> Void) {
        trimmer = JournalTrimmer(trim, keptMilliseconds: settings.journalKeptMilliseconds, notice: notice)
    }

    private func trimJournal() {
        guard isLeading, let trimmer, let store, let kept = store.keptEpochs else { return }
        trimmer.trimIfDue(
            kept: kept, nowNanoseconds: clock.monotonicNanoseconds(), nowMilliseconds: clock.wallMilliseconds())
    }

    /// Everything stands in the journal: one more checkpoint makes the next start short. One that takes too long is left, and
    /// the next start replays more.
    func checkpointAtStop() throws {
        let end = clock.monotonicNanoseconds() + StreamLimits.stopCheckpointNanoseconds
        func hasEnded(_ job: CheckpointJob) -> Bool {
            let now = clock.monotonicNanoseconds()
            return job.wait(seconds: now < end ? Double(end - now) / 1e9 : 0)
        }
        if let job = checkpointJob {
            guard hasEnded(job) else { return }
            settle(job)
        }
        guard store != nil, lastCheckpointEpoch < position.epoch else { return }
        cutCheckpoint(haste: .all)
        if let job = checkpointJob {
            job.commitStands(journalOffset: lastJournalOffset)
            if hasEnded(job) { settle(job) }
        }
    }
}
