import Foundation
import Learning

/// A file that is written chunk by chunk and becomes visible under its name only when it is whole.
///
/// temp → fsync → rename → fsync directory.
final class CheckpointWriter {
    private let descriptor: Int32
    private let temporaryPath: String
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0

    init(temporaryPath: String) throws {
        self.temporaryPath = temporaryPath
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure(path: temporaryPath, doing: "create") }
        var prefix = CheckpointLayout.magic
        withUnsafeBytes(of: CheckpointLayout.format.littleEndian) { prefix.append(contentsOf: $0) }
        try prefix.withUnsafeBytes { try write($0) }
    }

    deinit {
        // Still there only if it was not published.
        close(descriptor)
        unlink(temporaryPath)
    }

    func append(_ tag: CheckpointLayout.Tag, _ payload: UnsafeRawBufferPointer) throws {
        buffer.removeAll(keepingCapacity: true)
        withUnsafeBytes(of: tag.rawValue.littleEndian) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: payload)
        let sum = buffer.withUnsafeBytes { CheckpointLayout.checksum($0) }
        withUnsafeBytes(of: sum.littleEndian) { buffer.append(contentsOf: $0) }
        try buffer.withUnsafeBytes { try write($0) }
    }

    /// Makes the file durable under `path`, in the same directory.
    func publish(as path: String) throws {
        try append(.done, UnsafeRawBufferPointer(start: nil, count: 0))
        guard fsync(descriptor) == 0 else { throw FileFailure(path: temporaryPath, doing: "flush") }
        guard rename(temporaryPath, path) == 0 else { throw FileFailure(path: path, doing: "rename to") }
        let directoryPath = (path as NSString).deletingLastPathComponent
        let directory = open(directoryPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileFailure(path: directoryPath, doing: "open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw FileFailure(path: directoryPath, doing: "flush") }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { break }
            let written = Foundation.write(descriptor, base + done, bytes.count - done)
            if written < 0 {
                if errno == EINTR { continue }
                throw FileFailure(path: temporaryPath, doing: "write")
            }
            done += written
        }
        byteCount += bytes.count
    }
}

/// A system call on a file that failed, and why.
public struct FileFailure: Error, CustomStringConvertible, Equatable {
    public var path: String
    public var doing: String
    public var code: Int32

    init(path: String, doing: String, code: Int32 = errno) {
        self.path = path
        self.doing = doing
        self.code = code
    }

    public var description: String { "can't \(doing) \(path): \(String(cString: strerror(code)))" }
}

extension CheckpointContent {
    /// Writes head and state; the journal offset and the end come when the commit stands in the journal.
    func write(to file: CheckpointWriter) throws {
        var head: [UInt8] = []
        var headWriter = StateWriter { head.append(contentsOf: $0) }
        try headWriter.write(applicationID)
        try headWriter.write(settings)
        try position.write(to: &headWriter)
        try headWriter.flush()
        try head.withUnsafeBytes { try file.append(.head, $0) }

        var state = StateWriter { try file.append(.data, $0) }
        try learner.write(to: &state)
        try lists.write(to: &state)
        try state.flush()
    }
}
