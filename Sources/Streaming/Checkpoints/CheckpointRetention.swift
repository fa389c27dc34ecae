/// A checkpoint as far as its name tells it.
public struct CheckpointPoint: Hashable, Sendable {
    public var epoch: Int64
    /// The base that it is a delta against; its own epoch when it is a base.
    public var baseEpoch: Int64

    public var isBase: Bool { epoch == baseEpoch }
}

/// Which checkpoints stay when a new one has become whole.
enum CheckpointRetention {
    /// How many epochs can be restored.
    static let keptCount = 2

    /// Those that can go. A base stays as long as a kept delta needs it. What is newer than `newest` is a successor's or
    /// another lineage's and none of our business.
    ///
    /// - Parameter isAlone: keep `newest` alone, which must be a base: older ones hold somebody who was forgotten.
    static func obsolete(
        _ points: [CheckpointPoint], newest: CheckpointPoint, isAlone: Bool
    ) -> [CheckpointPoint] {
        let older = points.filter { $0.epoch <= newest.epoch && $0 != newest }.sorted { $0.epoch > $1.epoch }
        var bases: Set<Int64> = [newest.baseEpoch]
        for point in older where point.isBase { bases.insert(point.epoch) }
        let restorable = older.filter { bases.contains($0.baseEpoch) }
        let kept = [newest] + restorable.prefix(isAlone ? 0 : keptCount - 1)
        return older.filter { point in
            !kept.contains(point) && !(point.isBase && kept.contains { $0.baseEpoch == point.epoch })
        }
    }
}
