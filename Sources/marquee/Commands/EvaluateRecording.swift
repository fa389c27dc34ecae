import Events
import Foundation
import Recommending

/// A run as JSON lines, one an event: `{"event":n,"pred":stars,"top":[movie ids]}`, `top` where a list was asked for.
final class EvaluateRecording {
    private static let chunkBytes = 1 << 16

    private let path: String
    private let file: FileHandle
    private let buffer = ByteBuffer(capacity: chunkBytes + 4096)

    /// Replaces the file when it exists.
    init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw UserFacingError("can't write the run to '\(path)': \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func append(_ event: PrequentialEvaluator.Event) throws {
        buffer.append("{\"event\":")
        buffer.appendDecimal(Int64(event.index))
        buffer.append(",\"pred\":")
        buffer.append(utf8: event.prediction.description)
        if let list = event.list {
            buffer.append(",\"top\":[")
            for (place, movie) in list.enumerated() {
                if place > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer.appendDecimal(movie)
            }
            buffer.append(UInt8(ascii: "]"))
        }
        buffer.append("}\n")
        if buffer.count >= Self.chunkBytes { try write() }
    }

    /// Writes what is left; throws when the disk did not take it.
    func close() throws {
        try write()
        try file.close()
    }

    private func write() throws {
        do {
            try file.write(contentsOf: Data(buffer.bytes))
        } catch {
            throw UserFacingError("can't write the run to '\(path)': is the disk full?")
        }
        buffer.removeAll()
    }
}
