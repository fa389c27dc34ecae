/// The life of the commits that were sealed and do not yet stand in the journal, as the loop sees it.
///
/// Exactly once a commit is one transaction and there is one at a time: it is delivered with its journal record, and
/// `TransactionCycle` has the rest of its life. At least once:
///
///     open ──seal──▶ delivering ──all lists acknowledged──▶ delivered ──append──▶ journaling ──acknowledged──▶ done
///                        │  (no lists)                         ▲
///                        └────────────────────────────────────┘
///
/// Commits deliver side by side, at most `waitingMax` of them, and are journaled one after the other in the order of
/// their epochs. A value: it says what is to do next, and the loop does it.
public struct CommitCycle: Sendable {
    /// The most commits between seal and journal, at least once.
    public static let waitingMax = 16

    /// What the loop has to do next.
    public enum Action: Sendable, Equatable {
        /// Append the record of this commit to the journal.
        case appendJournalRecord(epoch: Int64)
        /// Nothing until a report comes or a commit is sealed.
        case wait
    }

    /// A report that fits no commit: the sink and the cycle disagree, so nothing can be trusted.
    public enum Violation: Error, Equatable {
        case unexpectedDelivery(epoch: Int64, count: Int)
        case unexpectedJournalReport(epoch: Int64)
    }

    private enum State: Sendable, Equatable {
        case delivering(left: Int)
        case delivered
        case journaling
    }

    private struct Commit: Sendable {
        var epoch: Int64
        var state: State
    }

    /// In the order of epochs: the oldest first.
    private var waiting: [Commit] = []
    /// The newest commit that stands in the journal.
    public private(set) var journaledEpoch: Int64

    private let delivery: Delivery

    /// - Parameter journaledEpoch: the newest commit of the journal at the start.
    public init(journaledEpoch: Int64, delivery: Delivery = .atLeastOnce) {
        self.journaledEpoch = journaledEpoch
        self.delivery = delivery
        waiting.reserveCapacity(Self.waitingMax)
    }

    public var waitingCount: Int { waiting.count }
    /// Commits whose journal record could be appended now.
    public var readyCount: Int {
        var count = 0
        for commit in waiting {
            switch commit.state {
            case .journaling: continue
            case .delivered: count += 1
            case .delivering: return count
            }
        }
        return count
    }
    /// Whether another commit may be sealed now; if not, its batches wait in the open one.
    public var maySeal: Bool { waiting.count < (delivery == .exactlyOnce ? 1 : Self.waitingMax) }

    /// The commit's content is complete and its `outputs` lists and dead letters are on their way.
    public mutating func seal(epoch: Int64, outputs: Int) {
        precondition(maySeal, "the loop asks maySeal first")
        precondition(epoch == (waiting.last?.epoch ?? journaledEpoch) + 1, "epochs have no gaps")
        let isDelivered = outputs == 0 || delivery == .exactlyOnce
        waiting.append(Commit(epoch: epoch, state: isDelivered ? .delivered : .delivering(left: outputs)))
    }

    public mutating func apply(_ report: DeliveryReport) throws {
        switch report {
        case .delivered(let epoch, let count):
            guard let at = waiting.firstIndex(where: { $0.epoch == epoch }),
                case .delivering(let left) = waiting[at].state, count <= left
            else { throw Violation.unexpectedDelivery(epoch: epoch, count: count) }
            waiting[at].state = left == count ? .delivered : .delivering(left: left - count)
        case .journaled(let epoch, _):
            guard let first = waiting.first, first.epoch == epoch, first.state == .journaling else {
                throw Violation.unexpectedJournalReport(epoch: epoch)
            }
            waiting.removeFirst()
            journaledEpoch = epoch
        }
    }

    /// The next thing to do; taking an action is the same as having begun it.
    public mutating func next() -> Action {
        // A commit whose lists are acknowledged waits for those before it: the journal has no gaps.
        for at in waiting.indices {
            switch waiting[at].state {
            case .journaling: continue
            case .delivered:
                waiting[at].state = .journaling
                return .appendJournalRecord(epoch: waiting[at].epoch)
            case .delivering: return .wait
            }
        }
        return .wait
    }
}
