import Learning
import Recommending

/// A checkpoint that was read and found whole, with the base that it needs.
public struct LoadedCheckpoint {
    public let applicationID: String
    public let numericsVersion: Int
    public let settings: String
    public let position: Position
    /// Where the record of this epoch stands in the journal.
    public let journalOffset: Int64
    /// Of the base; the checkpoint's own epoch when it is one.
    public let baseEpoch: Int64
    /// Whether older ones hold a user who was forgotten; its writer may have died before they went.
    public let erases: Bool
    private let image: StateImage

    /// - Parameters:
    ///   - bytes: the checkpoint's.
    ///   - base: reads the bytes of the base of an epoch; nil when there is none. Called for a delta.
    /// - Throws: `CheckpointError`, and what `base` throws.
    init(_ bytes: [UInt8], base: (_ epoch: Int64) throws -> [UInt8]?) throws {
        let parts = try CheckpointParts(bytes)
        applicationID = parts.applicationID
        numericsVersion = parts.numericsVersion
        settings = parts.settings
        position = parts.position
        journalOffset = parts.journalOffset
        erases = parts.erases
        guard let needed = parts.base else {
            baseEpoch = position.epoch
            image = parts.image
            return
        }
        guard let baseBytes = try base(needed.epoch) else { throw CheckpointError.missingBase(epoch: needed.epoch) }
        let whole = try CheckpointParts(baseBytes)
        guard whole.base == nil, whole.sum == needed.sum, whole.position.epoch == needed.epoch else {
            throw CheckpointError.otherBase(epoch: needed.epoch)
        }
        baseEpoch = needed.epoch
        var image = whole.image
        do {
            try image.apply(parts.image)
        } catch let failure as StateImage.Failure {
            throw CheckpointError.impossible("\(failure)")
        }
        self.image = image
    }

    /// Fills an empty learner and empty lists.
    ///
    /// - Throws: `CheckpointError.impossible` when the bytes can't be their state.
    public func restore(_ learner: Learner, _ lists: PublishedLists) throws {
        do {
            var image = image
            try learner.restore(from: &image)
            try lists.restore(
                from: &image, userCount: learner.users.rowCount, movieCount: learner.movies.count)
            // Whoever wants the books alone leaves what a model had learnt.
            if !(learner.model is UntrainedModel) { try image.finish() }
            for fanOut in position.fanOuts {
                guard Int(fanOut.movie) < learner.movies.count, learner.movies.id(fanOut.movie) == fanOut.movieID else {
                    throw StateImage.Failure.impossible("a fan-out of movie row \(fanOut.movie)")
                }
            }
        } catch let failure as StateImage.Failure {
            throw CheckpointError.impossible("\(failure)")
        }
    }
}
