import Learning

/// Compares the state that a replay comes to with the digests that the journal names.
///
/// The record of a commit of which a checkpoint was cut says so, and a later record names the digest of that state.
/// Whoever passes such a commit keeps a snapshot of it, which costs a copy of the pages that change until then, and
/// computes the digest only when it is named. A state that was loaded from a checkpoint is always compared. On a replay
/// computing digests would cost more than learning where little is learnt between them, so a commit is passed without
/// a snapshot until enough was learnt since the last one: a rating learnt takes as long as hashing about
/// `bytesPerRating` bytes of state, times ten.
struct DigestComparison {
    static let bytesPerRating = 512

    private var epoch: Int64 = 0
    private var snapshot: LearnerSnapshot?
    private var ratingsBefore = 0
    /// States that were compared, and agreed.
    private(set) var count = 0

    /// Keeps the state of a checkpoint that was loaded.
    mutating func loaded(_ learner: Learner, epoch: Int64) {
        self.epoch = epoch
        snapshot = learner.snapshot()
    }

    /// The state of a commit was come to of which a checkpoint was cut.
    ///
    /// - Parameter ratings: learnt by this replay so far.
    mutating func passed(_ learner: Learner, epoch: Int64, ratings: Int) {
        // The digest of an earlier one would have been named by now.
        snapshot = nil
        guard (ratings - ratingsBefore) * Self.bytesPerRating >= learner.byteCount else { return }
        ratingsBefore = ratings
        self.epoch = epoch
        snapshot = learner.snapshot()
    }

    /// - Throws: `RecoveryError.otherState` when the state of that epoch was another.
    mutating func compare(with named: EpochDigest?) throws {
        guard let named, let snapshot, named.epoch >= epoch else { return }
        self.snapshot = nil
        guard named.epoch == epoch else { return }
        let found = try snapshot.stateDigest()
        guard found == named.digest else {
            throw RecoveryError.otherState(
                epoch: named.epoch, expected: named.digest.description, found: found.description)
        }
        count += 1
    }
}
