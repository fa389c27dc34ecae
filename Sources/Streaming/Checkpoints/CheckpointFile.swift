import Foundation
import Learning

/// Reading of checkpoint files; they are written as `DurableFile`s.
enum CheckpointFile {
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
