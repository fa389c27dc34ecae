import Foundation

/// Where checkpoints are kept: in files of a state directory, named by their epoch, and where there is one in a topic.
public struct CheckpointStore: Sendable {
    public let directory: String
    /// For machines that lose their disk; nil where the broker is no place to keep anything.
    public let topic: CheckpointTopic?

    private static let prefix = "checkpoint-"
    private static let baseMark = "-on-"
    private static let suffix = ".mqc"
    private static let temporarySuffix = ".tmp"

    public init(directory: String, log: (any CheckpointLog)? = nil) {
        self.init(directory: directory, topic: log.map { CheckpointTopic($0) })
    }

    private init(directory: String, topic: CheckpointTopic?) {
        self.directory = directory
        self.topic = topic
    }

    /// The directory alone.
    var withoutTopic: CheckpointStore { CheckpointStore(directory: directory, topic: nil) }

    func path(of point: CheckpointPoint) -> String {
        let base = point.isBase ? "" : "\(Self.baseMark)\(point.baseEpoch)"
        return "\(directory)/\(Self.prefix)\(point.epoch)\(base)\(Self.suffix)"
    }

    func temporaryPath(epoch: Int64) -> String { "\(directory)/\(Self.prefix)\(epoch)\(Self.temporarySuffix)" }

    /// The files that are there, newest first. Whether they are whole shows when they are loaded.
    public func points() -> [CheckpointPoint] {
        names().compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let parts = String(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
                .components(separatedBy: Self.baseMark)
            guard parts.count <= 2, let epoch = Int64(parts[0]), let base = Int64(parts[parts.count - 1]) else {
                return nil
            }
            return CheckpointPoint(epoch: epoch, baseEpoch: base)
        }.sorted { ($0.epoch, $0.baseEpoch) > ($1.epoch, $1.baseEpoch) }
    }

    /// The epochs of all that is kept, in files and topic; nil when what the topic holds is not known.
    var keptEpochs: [Int64]? {
        guard let topic else { return epochs() }
        return topic.knownEpochs.map { Array(Set($0 + epochs())) }
    }

    /// Removes all files. Nobody else may use the directory.
    public func removeAllFiles() {
        removeTemporaries()
        for point in points() { unlink(path(of: point)) }
    }

    /// Their epochs, newest first.
    public func epochs() -> [Int64] { points().map(\.epoch) }

    /// Reads a file, and the base that it needs, and checks every byte.
    ///
    /// - Throws: `CheckpointError`, `FileFailure`.
    public func load(_ point: CheckpointPoint) throws -> LoadedCheckpoint {
        try LoadedCheckpoint(try CheckpointFile.read(path(of: point))) { epoch in
            let base = path(of: CheckpointPoint(epoch: epoch, baseEpoch: epoch))
            return access(base, F_OK) == 0 ? try CheckpointFile.read(base) : nil
        }
    }

    /// Removes the files that are not needed any more now that `newest` is whole.
    func prune(newest: CheckpointPoint, isAlone: Bool) {
        let points = points()
        // Nobody else writes here, so what is newer is another lineage's; it may hold whoever was forgotten.
        let obsolete =
            isAlone
            ? points.filter { $0 != newest }
            : CheckpointRetention.obsolete(points, newest: newest, isAlone: false)
        for point in obsolete { unlink(path(of: point)) }
    }

    /// Removes what writes that were interrupted left behind; nobody else may be writing.
    public func removeTemporaries() {
        for name in names() where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.temporarySuffix) {
            unlink("\(directory)/\(name)")
        }
    }

    private func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] }
}
