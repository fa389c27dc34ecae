import Foundation
import Learning

/// The lock of a state directory: two instances never write to the same files. Where a broker has no groups, it also is
/// what keeps two from leading.
public final class StateDirectoryLock {
    private let directory: String
    private var descriptor: Int32 = -1

    public init(directory: String) { self.directory = directory }

    deinit { release() }

    /// Creates the directory if need be and locks it.
    ///
    /// - Throws: `FileFailure` when it can't be written; `StateDirectoryError.inUse` when another process holds it.
    public func acquire() throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw StateDirectoryError.unusable(directory)
        }
        let path = "\(directory)/lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw FileFailure(path: path, doing: "create") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(opened)
            if code == EWOULDBLOCK { throw StateDirectoryError.inUse(directory) }
            throw FileFailure(path: path, doing: "lock", code: code)
        }
        descriptor = opened
    }

    /// The kernel holds the lock as long as the process lives.
    public func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}

public enum StateDirectoryError: Error, Equatable, CustomStringConvertible {
    case inUse(String)
    case unusable(String)

    public var description: String {
        switch self {
        case .inUse(let directory):
            "another marquee uses the state directory \(directory): stop it, or give this one its own --state-dir"
        case .unusable(let directory):
            "can't write the state directory \(directory): name another with --state-dir, or mend its permissions"
        }
    }
}
