import Foundation
import Learning
import Synchronization

/// What became of a checkpoint.
public struct CheckpointReport: Sendable {
    public var byteCount = 0
    /// When it was a base that is everywhere where checkpoints are kept: what deltas may be taken against.
    public var base: CheckpointBase?
    /// Of the learnt state that was written, wherever the bytes got to.
    public var digest: StateDigest?
    /// Whether it is kept anywhere.
    public var isKept = false
    /// Why it is not in a place where it should be.
    public var failures: [String] = []
}

/// One checkpoint on its way to disk and topic, written by a thread of its own.
///
/// The learner thread starts it at a cut and says later where the commit stands in the journal; only then does the
/// checkpoint become visible. A job that is abandoned leaves nothing.
public final class CheckpointJob: Sendable {
    public enum Outcome: Sendable {
        case running
        case abandoned
        case ended(CheckpointReport)
    }

    /// How hard a job works.
    public enum Haste: Sendable {
        /// Beside the learner: low priority, with pauses.
        case none
        /// Somebody waits for it.
        case all
    }

    private enum Verdict {
        case waiting
        case stands(journalOffset: Int64)
        case abandoned
    }

    public let epoch: Int64
    public let erases: Bool
    /// Whether somebody waits for it.
    private let isHasty: Atomic<Bool>
    private let verdict = Mutex(Verdict.waiting)
    private let decided = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let result = Mutex(Outcome.running)

    private static let niceness: Int32 = 10

    /// - Parameter base: what the checkpoint may be a delta against, if that is small enough; never when it erases.
    public init(
        _ content: CheckpointContent, base: CheckpointBase?, store: CheckpointStore, haste: Haste = .none
    ) {
        epoch = content.position.epoch
        erases = content.erases
        // Who was forgotten must be gone within a minute.
        isHasty = Atomic(haste == .all || content.erases)
        Thread.detachNewThread { [self] in
            // Of this thread alone, on Linux.
            if haste == .none { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) }
            let outcome = run(content, erases ? nil : base, store)
            result.withLock { $0 = outcome }
            finished.signal()
        }
    }

    public var outcome: Outcome { result.withLock { $0 } }

    /// Where the record of the commit stands in the journal, as soon as it does.
    var journalOffset: Int64? {
        guard case .stands(let offset) = verdict.withLock({ $0 }) else { return nil }
        return offset
    }

    /// The commit of this epoch stands in the journal at this offset.
    public func commitStands(journalOffset: Int64) { decide(.stands(journalOffset: journalOffset)) }

    public func abandon() { decide(.abandoned) }

    /// Rests no more.
    func hurry() { isHasty.store(true, ordering: .relaxed) }

    /// Waits for the thread, which hurries, to end; false when it takes longer.
    public func wait(seconds: Double) -> Bool {
        hurry()
        if finished.wait(timeout: .now() + seconds) == .timedOut { return false }
        finished.signal()
        return true
    }

    private func decide(_ decision: Verdict) {
        let isFirst = verdict.withLock { verdict in
            guard case .waiting = verdict else { return false }
            verdict = decision
            return true
        }
        if isFirst { decided.signal() }
    }

    private func run(_ content: CheckpointContent, _ offered: CheckpointBase?, _ store: CheckpointStore) -> Outcome {
        let pace = CheckpointPace { [self] in isHasty.load(ordering: .relaxed) }
        let base = offered.flatMap { $0.suffices(for: content, in: store) ? $0 : nil }
        let point = CheckpointPoint(epoch: epoch, baseEpoch: base?.epoch ?? epoch)
        var report = CheckpointReport()
        var file: (file: DurableFile, encoder: CheckpointEncoder)?
        do {
            file = try writeFile(content, base, store, pace)
        } catch {
            report.failures.append("\(error)")
        }
        do {
            report.digest = try content.learner.stateDigest()
        } catch {
            report.failures.append("\(error)")
        }
        decided.wait()
        guard case .stands(let offset) = verdict.withLock({ $0 }) else { return .abandoned }

        var sum: UInt64?
        if var file {
            do {
                sum = try file.encoder.finish(journalOffset: offset)
                try file.file.publish(as: store.path(of: point))
                report.byteCount = file.encoder.byteCount
                report.isKept = true
                store.prune(newest: point, isAlone: erases)
            } catch {
                report.failures.append("\(error)")
            }
        }
        file = nil
        if let topic = store.topic {
            do {
                (sum, report.byteCount) = try topic.publish(
                    content, base: base, journalOffset: offset, isAlone: erases, pause: pace.rest)
                report.isKept = true
            } catch {
                report.failures.append("\(error)")
            }
        }
        if base == nil, report.failures.isEmpty, let sum {
            report.base = CheckpointBase(
                content, sum: sum, byteCount: report.byteCount, isInTopic: store.topic != nil)
        }
        return .ended(report)
    }

    private func writeFile(
        _ content: CheckpointContent, _ base: CheckpointBase?, _ store: CheckpointStore, _ pace: CheckpointPace
    ) throws -> (DurableFile, CheckpointEncoder) {
        let file = try DurableFile(temporaryPath: store.temporaryPath(epoch: epoch), mode: 0o600)
        var encoder = CheckpointEncoder { piece in
            try file.write(piece)
            pace.rest()
        }
        try encoder.write(content, base: base)
        return (file, encoder)
    }
}
