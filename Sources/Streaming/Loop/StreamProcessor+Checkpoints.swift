import Learning
import Recommending

/// When a checkpoint is cut, and what becomes of it.
extension StreamProcessor {
    /// Cuts a checkpoint of the commit that was just sealed, before the next batch touches a row.
    func cutCheckpointIfDue() {
        guard store != nil, checkpointJob == nil else { return }
        let now = clock.monotonicNanoseconds()
        let age = now &- lastCheckpointNanoseconds
        let isDue =
            ratingsSinceCheckpoint >= settings.checkpointRatings || age >= settings.checkpointIntervalNanoseconds
            || hasForgotten && age >= settings.forgetIntervalNanoseconds
        if isDue { cutCheckpoint(now) }
    }

    private func cutCheckpoint(_ now: UInt64) {
        guard let store else { return }
        let content = CheckpointContent(
            applicationID: settings.applicationID, settings: learner.model.settings, position: position,
            learner: learner.snapshot(), lists: lists.snapshot())
        checkpointJob = CheckpointJob(content, store: store, erases: hasForgotten)
        hasForgotten = false
        ratingsSinceCheckpoint = 0
        lastCheckpointNanoseconds = now
    }

    /// Looks after the job that runs; and when the stream is quiet, lets a checkpoint that is due by time be cut.
    func checkpointIfDue() throws {
        if let job = checkpointJob {
            settle(job)
        } else if lastCheckpointEpoch < position.epoch && commit.isEmpty && cycle.waitingCount == 0 && fanOuts.isEmpty {
            cutCheckpointIfDue()
            if let job = checkpointJob { job.commitStands(journalOffset: lastJournalOffset) }
        }
    }

    private func settle(_ job: CheckpointJob) {
        switch job.outcome {
        case .running: return
        case .published(let byteCount):
            lastCheckpointEpoch = job.epoch
            counters.checkpointEpoch.store(job.epoch, ordering: .relaxed)
            counters.checkpointBytes.store(byteCount, ordering: .relaxed)
        case .abandoned: break
        case .failed(let reason):
            counters.checkpointFailures.wrappingAdd(1, ordering: .relaxed)
            notice("the checkpoint of epoch \(job.epoch) was not written: \(reason)")
            if job.erases { hasForgotten = true }
        }
        checkpointJob = nil
    }

    /// Everything stands in the journal: one more checkpoint makes the next start short.
    func checkpointAtStop() throws {
        if let job = checkpointJob {
            if job.wait(seconds: 5) { settle(job) }
            checkpointJob = nil
        }
        guard store != nil, lastCheckpointEpoch < position.epoch else { return }
        cutCheckpoint(clock.monotonicNanoseconds())
        if let job = checkpointJob {
            job.commitStands(journalOffset: lastJournalOffset)
            if job.wait(seconds: 5) { settle(job) }
        }
    }
}
