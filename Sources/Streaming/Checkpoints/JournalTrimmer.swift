import Foundation

/// Trims the journal now and then: what is old and lies before the older checkpoint that is kept.
///
/// Owned by the learner thread; the broker is asked on a thread of its own, and what goes wrong is tried again the next
/// time.
final class JournalTrimmer {
    static let intervalNanoseconds: UInt64 = 3_600_000_000_000

    private let trim: any JournalTrim
    private let keptMilliseconds: Int64
    private let notice: @Sendable (String) -> Void
    /// Where the records of checkpoints stand in the journal, by epoch.
    private var offsets: [Int64: Int64] = [:]
    private var lastNanoseconds: UInt64?

    init(_ trim: any JournalTrim, keptMilliseconds: Int64, notice: @escaping @Sendable (String) -> Void) {
        self.trim = trim
        self.keptMilliseconds = keptMilliseconds
        self.notice = notice
    }

    /// A checkpoint is kept, or was restored from.
    func note(checkpoint epoch: Int64, journalOffset: Int64) { offsets[epoch] = journalOffset }

    /// - Parameter kept: the epochs of all checkpoints that are kept anywhere. While the place of one of them is not known
    ///   nothing is trimmed.
    func trimIfDue(kept: [Int64], nowNanoseconds: UInt64, nowMilliseconds: Int64) {
        if let lastNanoseconds, nowNanoseconds &- lastNanoseconds < Self.intervalNanoseconds { return }
        let places = kept.compactMap { offsets[$0] }
        guard let oldest = places.min(), places.count == kept.count else { return }
        offsets = offsets.filter { kept.contains($0.key) }
        lastNanoseconds = nowNanoseconds
        let time = nowMilliseconds - keptMilliseconds
        Thread.detachNewThread { [trim, notice] in
            do {
                try trim.trim(olderThanMilliseconds: time, before: oldest)
            } catch {
                notice("the journal was not trimmed: \(error)")
            }
        }
    }
}
