import Foundation

/// A file that is written piece by piece and becomes visible under its name only when it is whole.
///
/// temp → fsync → rename → fsync directory.
final class CheckpointFile {
    private let descriptor: Int32
    private let temporaryPath: String

    init(temporaryPath: String) throws {
        self.temporaryPath = temporaryPath
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: temporaryPath, doing: "create") }
    }

    deinit {
        // Still there only if it was not published.
        close(descriptor)
        unlink(temporaryPath)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
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

    /// Makes the file durable under `path`, in the same directory.
    func publish(as path: String) throws {
        guard fsync(descriptor) == 0 else { throw FileFailure(path: temporaryPath, doing: "flush") }
        guard rename(temporaryPath, path) == 0 else { throw FileFailure(path: path, doing: "rename to") }
        let directoryPath = (path as NSString).deletingLastPathComponent
        let directory = open(directoryPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileFailure(path: directoryPath, doing: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw FileFailure(path: directoryPath, doing: "flush") }
    }

    /// All bytes of a file.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(path: path, doing: "open") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path: path, doing: "read") }
        let size = Int(status.st_size)
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let got = Glibc.read(descriptor, rest.baseAddress, rest.count)
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw FileFailure(path: path, doing: "read") }
                if got == 0 { return }
                count += got
            }
        }
    }
}
