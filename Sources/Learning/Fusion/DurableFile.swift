import Foundation

/// A file that is written piece by piece and appears under its name only when it is whole.
///
/// Temporary file → fsync → rename → fsync of the folder.
public final class DurableFile {
    public struct Failure: Error {
        public var reason: String

        /// The system call that just failed.
        init() { reason = String(cString: strerror(errno)) }
    }

    private let descriptor: Int32
    private let path: String
    private let temporaryPath: String

    public init(path: String) throws {
        self.path = path
        temporaryPath = "\(path).\(getpid()).tmp"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure() }
    }

    deinit {
        close(descriptor)
        // Still there only if it was not published.
        unlink(temporaryPath)
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            guard written >= 0 else {
                if errno == EINTR { continue }
                throw Failure()
            }
            done += written
        }
    }

    /// Makes the file durable under its name; replaces the one that had it.
    public func publish() throws {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw Failure() }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Failure() }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Failure() }
    }
}
