/// Walks the chunks of a checkpoint's bytes.
enum CheckpointChunks {
    /// Hands out each chunk with its sum, which was checked; the last must be `done`, at the very end.
    static func forEach(
        of bytes: [UInt8], _ body: (CheckpointLayout.Tag, ArraySlice<UInt8>, _ sum: UInt64) throws -> Void
    ) throws {
        guard bytes.count >= CheckpointLayout.prefixBytes else { throw CheckpointError.torn(atByte: bytes.count) }
        guard bytes.prefix(4).elementsEqual(CheckpointLayout.magic) else { throw CheckpointError.notACheckpoint }
        let format = UInt32(littleEndian: number(in: bytes, at: 4))
        guard format == CheckpointLayout.format else { throw CheckpointError.unknownFormat(format) }
        var at = CheckpointLayout.prefixBytes
        while true {
            let chunk = try chunk(of: bytes, at: at)
            try body(chunk.tag, bytes[chunk.payload], chunk.sum)
            at = chunk.end
            if chunk.tag == .done {
                guard at == bytes.count else { throw CheckpointError.damaged(atByte: at) }
                return
            }
        }
    }

    /// Whether a piece is the end of a checkpoint.
    static func isEnd(_ piece: [UInt8]) -> Bool {
        guard let journal = try? chunk(of: piece, at: 0), journal.tag == .journal,
            let done = try? chunk(of: piece, at: journal.end)
        else { return false }
        return done.tag == .done && done.end == piece.count
    }

    /// The base epoch that a checkpoint's first piece names, its own when it is a base; nil when it can't be read.
    static func baseEpoch(firstPiece: [UInt8], epoch: Int64) -> Int64? {
        guard let head = try? chunk(of: firstPiece, at: CheckpointLayout.prefixBytes), head.tag == .head,
            head.payload.count >= 8
        else { return nil }
        let base = Int64(littleEndian: number(in: firstPiece, at: head.payload.lowerBound))
        return base == CheckpointLayout.noBase ? epoch : base
    }

    private struct Chunk {
        var tag: CheckpointLayout.Tag
        var payload: Range<Int>
        var sum: UInt64
        var end: Int
    }

    private static func chunk(of bytes: [UInt8], at start: Int) throws -> Chunk {
        let payloadStart = start + CheckpointLayout.chunkHeadBytes
        guard payloadStart <= bytes.count else { throw CheckpointError.torn(atByte: start) }
        let tag = UInt32(littleEndian: number(in: bytes, at: start))
        let count = Int(UInt32(littleEndian: number(in: bytes, at: start + 4)))
        guard count <= CheckpointLayout.chunkBytesMax else { throw CheckpointError.damaged(atByte: start) }
        let payloadEnd = payloadStart + count
        let end = payloadEnd + CheckpointLayout.chunkTailBytes
        guard end <= bytes.count else { throw CheckpointError.torn(atByte: start) }
        let sum = UInt64(littleEndian: number(in: bytes, at: payloadEnd))
        let found = bytes.withUnsafeBytes {
            CheckpointLayout.checksum(UnsafeRawBufferPointer(rebasing: $0[start..<payloadEnd]))
        }
        guard sum == found, let tag = CheckpointLayout.Tag(rawValue: tag) else {
            throw CheckpointError.damaged(atByte: start)
        }
        return Chunk(tag: tag, payload: payloadStart..<payloadEnd, sum: sum, end: end)
    }

    private static func number<Value: FixedWidthInteger>(in bytes: [UInt8], at offset: Int) -> Value {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }
}
