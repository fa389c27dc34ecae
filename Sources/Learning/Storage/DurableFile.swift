import Foundation

/// A file that is written piece by piece and appears under its name only when it is whole.
///
/// Temporary file → fsync → rename → fsync of the folder. Every call throws `FileFailure`.
public final class DurableFile {
    private let descriptor: Int32
    private let temporaryPath: String

    /// - Parameters:
    ///   - temporaryPath: In the folder in which the file will be.
    ///   - mode: Who may read and write it.
    public init(temporaryPath: String, mode: mode_t) throws {
        self.temporaryPath = temporaryPath
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileFailure(path: temporaryPath, doing: "create") }
    }

    deinit {
        // Still there only if it was not published.
        close(descriptor)
        unlink(temporaryPath)
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard written >= 0 else {
                if errno == EINTR { continue }
                throw FileFailure(path: temporaryPath, doing: "write")
            }
            done += written
        }
    }

    /// Makes the file durable under `path`; replaces the one that had it.
    public func publish(as path: String) throws {
        guard fsync(descriptor) == 0 else { throw FileFailure(path: temporaryPath, doing: "flush") }
        guard rename(temporaryPath, path) == 0 else { throw FileFailure(path: path, doing: "rename to") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileFailure(path: folder, doing: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw FileFailure(path: folder, doing: "flush") }
    }
}

extension DurableFile {
    /// A file for anybody to read, beside which a temporary one may stand for a while.
    public convenience init(path: String) throws {
        try self.init(temporaryPath: "\(path).\(getpid()).tmp", mode: 0o644)
    }
}
