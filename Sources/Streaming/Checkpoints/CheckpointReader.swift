import Foundation
import Learning
import Recommending

/// A checkpoint file that was read and found whole.
public struct LoadedCheckpoint {
    public let path: String
    public let applicationID: String
    public let settings: String
    public let position: Position
    /// Where the record of this epoch stands in the journal.
    public let journalOffset: Int64
    /// The learnt state, then the lists.
    let state: [UInt8]

    /// Reads a file and checks every byte of it.
    ///
    /// - Throws: `CheckpointError` when the file is torn, damaged or of another format; `FileFailure`.
    public init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FileFailure(path: path, doing: "read")
        }
        self.path = path
        var head: [UInt8]?
        var journal: Int64?
        var state: [UInt8] = []
        state.reserveCapacity(data.count)
        try data.withUnsafeBytes { bytes in
            try Self.forEachChunk(bytes) { tag, payload in
                switch tag {
                case .head: head = Array(payload)
                case .data: state.append(contentsOf: payload)
                case .journal:
                    guard payload.count == 8 else { throw CheckpointError.impossible("journal offset") }
                    journal = Int64(littleEndian: payload.loadUnaligned(as: Int64.self))
                case .done: break
                }
            }
        }
        guard let head, let journal else { throw CheckpointError.impossible("a chunk is missing") }
        self.state = state
        journalOffset = journal
        (applicationID, settings, position) = try head.withUnsafeBytes { bytes in
            var reader = StateReader(bytes)
            do {
                return (try reader.readString(), try reader.readString(), try Position(from: &reader))
            } catch let failure as StateReader.Failure {
                throw CheckpointError.impossible("\(failure)")
            }
        }
    }

    /// Walks the chunks and checks their sums; the last must be `done`, at the very end.
    private static func forEachChunk(
        _ bytes: UnsafeRawBufferPointer, _ body: (CheckpointLayout.Tag, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard bytes.count >= CheckpointLayout.prefixBytes else { throw CheckpointError.torn(atByte: bytes.count) }
        guard bytes.prefix(4).elementsEqual(CheckpointLayout.magic) else { throw CheckpointError.notACheckpoint }
        let format = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        guard format == CheckpointLayout.format else { throw CheckpointError.unknownFormat(format) }
        var at = CheckpointLayout.prefixBytes
        while true {
            guard at + CheckpointLayout.chunkHeadBytes <= bytes.count else { throw CheckpointError.torn(atByte: at) }
            let tagValue = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)))
            guard count <= CheckpointLayout.chunkBytesMax else { throw CheckpointError.damaged(atByte: at) }
            let payloadStart = at + CheckpointLayout.chunkHeadBytes
            let payloadEnd = payloadStart + count
            guard payloadEnd + CheckpointLayout.chunkTailBytes <= bytes.count else {
                throw CheckpointError.torn(atByte: at)
            }
            let sum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: payloadEnd, as: UInt64.self))
            guard sum == CheckpointLayout.checksum(UnsafeRawBufferPointer(rebasing: bytes[at..<payloadEnd])),
                let tag = CheckpointLayout.Tag(rawValue: tagValue)
            else { throw CheckpointError.damaged(atByte: at) }
            try body(tag, UnsafeRawBufferPointer(rebasing: bytes[payloadStart..<payloadEnd]))
            at = payloadEnd + CheckpointLayout.chunkTailBytes
            if tag == .done {
                guard at == bytes.count else { throw CheckpointError.damaged(atByte: at) }
                return
            }
        }
    }

    /// Fills an empty learner and empty lists.
    public func restore(_ learner: Learner, _ lists: PublishedLists) throws {
        try state.withUnsafeBytes { bytes in
            var reader = StateReader(bytes)
            do {
                try learner.restore(from: &reader)
                try lists.restore(from: &reader)
            } catch let failure as StateReader.Failure {
                throw CheckpointError.impossible("\(failure)")
            }
            guard reader.isAtEnd else { throw CheckpointError.impossible("\(reader.remaining) bytes too many") }
        }
    }
}
