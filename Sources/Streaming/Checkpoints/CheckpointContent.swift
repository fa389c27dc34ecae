import Learning
import Recommending

/// Everything that a checkpoint holds, as it was when its commit was sealed; may be written on any thread.
public struct CheckpointContent: Sendable {
    public var applicationID: String
    /// The model's: another model's state is no use.
    public var numericsVersion: Int
    public var settings: String
    public var position: Position
    public var learner: LearnerSnapshot
    public var lists: PublishedListsSnapshot
    /// Whether a user was forgotten since the checkpoint before: then the older ones, which hold him, go as soon as
    /// this one is whole.
    public var erases = false

    var tables: [StateTableSnapshot] { learner.tables + [lists.table] }
    var blobs: [StateBlob] { learner.blobs + [lists.parked] }
}

/// A base that was written whole, as far as a later delta must know it.
public struct CheckpointBase: Sendable {
    struct Table: Sendable {
        /// The number of the snapshot that was written.
        var snapshot: UInt64
        var rowBytes: Int
        var rowCount: Int
    }

    public let epoch: Int64
    /// Over all of its chunks.
    let sum: UInt64
    let byteCount: Int
    /// Whether it is in the topic too; a follower's is not.
    let isInTopic: Bool
    let tables: [String: Table]
    let blobVersions: [String: UInt64]

    init(_ content: CheckpointContent, sum: UInt64, byteCount: Int, isInTopic: Bool) {
        epoch = content.position.epoch
        self.sum = sum
        self.byteCount = byteCount
        self.isInTopic = isInTopic
        var tables: [String: Table] = [:]
        for table in content.tables {
            tables[table.name] = Table(
                snapshot: table.rows.number, rowBytes: table.rows.rowBytes, rowCount: table.rows.count)
        }
        self.tables = tables
        var versions: [String: UInt64] = [:]
        for blob in content.blobs { versions[blob.name] = blob.version }
        blobVersions = versions
    }

    /// Whether a delta against this base says all, can be restored wherever it is kept, and is small enough to be worth
    /// it.
    func suffices(for content: CheckpointContent, in store: CheckpointStore) -> Bool {
        if store.topic != nil && !isInTopic { return false }
        var changedBytes = 0
        for table in content.tables {
            // Rows of another length are another table, whose pages can't be compared; fewer rows, one begun anew.
            guard let known = tables[table.name], known.rowBytes == table.rows.rowBytes,
                known.rowCount <= table.rows.count
            else { return false }
            changedBytes += table.rows.byteCount(changedSince: known.snapshot)
        }
        return changedBytes <= byteCount / 2
    }
}
