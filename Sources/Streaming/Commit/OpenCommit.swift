import Events
import Recommending

/// The commit that batches are learnt into until it is sealed: who is due and why, what to say to the journal.
///
/// Owned by the learner thread; its memory is used again by the next commit.
final class OpenCommit {
    let due = DueUsers()
    let causes = CauseLog()
    let journal = JournalEncoder()
    /// Users whose lists are to be tombstoned, by id.
    var tombstones: [Int64] = []
    /// Lists and dead letters sent so far.
    var outputs = 0
    /// How many of them were acknowledged before the seal.
    var deliveredEarly = 0
    /// Time spent learning, by the monotonic clock.
    var workNanoseconds: UInt64 = 0
    /// Records taken, dead letters included.
    var records = 0

    var isEmpty: Bool { journal.isEmpty }

    func removeAll() {
        due.removeAll()
        causes.removeAll()
        journal.removeAll()
        tombstones.removeAll(keepingCapacity: true)
        outputs = 0
        deliveredEarly = 0
        workNanoseconds = 0
        records = 0
    }
}
