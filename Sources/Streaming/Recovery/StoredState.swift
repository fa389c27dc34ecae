import Learning
import Recommending

/// A state as a checkpoint file has it, without the journal and the inputs that came after: for those who look at it where
/// no broker is.
public struct StoredState {
    /// Of the files in a directory, the newest that is whole.
    public let checkpoint: LoadedCheckpoint

    /// Why there is none.
    public enum Failure: Error, Equatable {
        case noCheckpoint
        /// The newest is not whole, and no other is.
        case unusable(epoch: Int64, reason: String)
    }

    /// - Parameter notice: Told of newer files that are passed over, one sentence each.
    /// - Throws: `Failure`.
    public init(in directory: String, notice: (String) -> Void) throws(Failure) {
        let store = CheckpointStore(directory: directory)
        var refused: [(point: CheckpointPoint, reason: String)] = []
        var points = store.points()
        while !points.isEmpty {
            let point = points.removeFirst()
            do {
                checkpoint = try store.load(point)
                for (point, reason) in refused {
                    notice("the checkpoint of epoch \(point.epoch) in \(directory) is passed over: \(reason)")
                }
                return
            } catch {
                refused.append((point, "\(error)"))
                // A service that writes meanwhile removes files, but never the newest.
                if points.isEmpty {
                    let later = store.points().filter { later in !refused.contains { $0.point == later } }
                    points = later
                }
            }
        }
        guard let first = refused.first else { throw .noCheckpoint }
        throw .unusable(epoch: first.point.epoch, reason: first.reason)
    }

    /// Fills an empty learner.
    ///
    /// - Throws: `RecoveryError` when it was learnt by another model, `CheckpointError` when it can't be a state.
    public func restore(_ learner: Learner) throws {
        try LineageCheck(learner: learner).check(
            numericsVersion: checkpoint.numericsVersion, settings: checkpoint.settings)
        try checkpoint.restore(learner, PublishedLists(capacity: 1))
    }
}
