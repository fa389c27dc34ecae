import Foundation
import Synchronization

/// The checkpoint files of a state directory, named by their epoch.
public struct CheckpointStore: Sendable {
    public let directory: String
    /// How many whole files are kept.
    public static let keptCount = 2

    private static let prefix = "checkpoint-"
    private static let suffix = ".mqc"

    public init(directory: String) { self.directory = directory }

    func path(epoch: Int64) -> String { "\(directory)/\(Self.prefix)\(epoch)\(Self.suffix)" }
    func temporaryPath(epoch: Int64) -> String { "\(directory)/\(Self.prefix)\(epoch).tmp" }

    /// Epochs of the files that are there, newest first. Whether they are whole shows when they are loaded.
    public func epochs() -> [Int64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            return Int64(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
        }.sorted(by: >)
    }

    public func load(epoch: Int64) throws -> LoadedCheckpoint { try LoadedCheckpoint(path: path(epoch: epoch)) }

    /// Removes all but the newest files, and what an interrupted write left.
    func prune(keeping count: Int = keptCount) {
        for epoch in epochs().dropFirst(count) { unlink(path(epoch: epoch)) }
    }

    /// Removes what writes that were interrupted left behind; nobody else may be writing.
    public func removeTemporaries() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasPrefix(Self.prefix) && name.hasSuffix(".tmp") { unlink("\(directory)/\(name)") }
    }
}

/// One checkpoint on its way to disk, written by a thread of its own.
///
/// The learner thread starts it at a cut and says later where the commit stands in the journal; only then does the
/// file become visible. A job that is abandoned leaves nothing.
public final class CheckpointJob: Sendable {
    public enum Outcome: Sendable, Equatable {
        case running
        case published(byteCount: Int)
        case abandoned
        case failed(String)
    }

    private enum Verdict {
        case waiting
        case stands(journalOffset: Int64)
        case abandoned
    }

    public let epoch: Int64
    /// Whether a user was forgotten since the checkpoint before: then older files, which hold him, go at once.
    public let erases: Bool
    private let verdict = Mutex(Verdict.waiting)
    private let decided = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let result = Mutex(Outcome.running)

    public init(_ content: CheckpointContent, store: CheckpointStore, erases: Bool) {
        epoch = content.position.epoch
        self.erases = erases
        Thread.detachNewThread { [self] in
            let outcome: Outcome
            do {
                outcome = try run(content, store)
            } catch {
                outcome = .failed("\(error)")
            }
            result.withLock { $0 = outcome }
            finished.signal()
        }
    }

    public var outcome: Outcome { result.withLock { $0 } }

    /// The commit of this epoch stands in the journal at this offset.
    public func commitStands(journalOffset: Int64) { decide(.stands(journalOffset: journalOffset)) }

    public func abandon() { decide(.abandoned) }

    /// Waits for the thread to end; false when it takes longer.
    public func wait(seconds: Double) -> Bool {
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

    private func run(_ content: CheckpointContent, _ store: CheckpointStore) throws -> Outcome {
        let file = try CheckpointWriter(temporaryPath: store.temporaryPath(epoch: epoch))
        try content.write(to: file)
        decided.wait()
        guard case .stands(let offset) = verdict.withLock({ $0 }) else { return .abandoned }
        try withUnsafeBytes(of: offset.littleEndian) { try file.append(.journal, $0) }
        try file.publish(as: store.path(epoch: epoch))
        store.prune(keeping: erases ? 1 : CheckpointStore.keptCount)
        return .published(byteCount: file.byteCount)
    }
}
