import Learning

/// Makes the bytes of one checkpoint, in pieces of whole chunks: what a file is written in and a topic's records are.
struct CheckpointEncoder {
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var piece: [UInt8] = []
    /// Where the chunk at hand begins in `piece`.
    private var chunkStart = 0
    private var sums: [UInt64] = []
    private(set) var byteCount = 0

    /// - Parameter sink: takes the pieces in order; borrowed bytes.
    init(sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.sink = sink
        piece.reserveCapacity(CheckpointLayout.pieceBytesWanted + CheckpointLayout.partBytesMax + 4096)
        piece.append(contentsOf: CheckpointLayout.magic)
        append(CheckpointLayout.format)
    }

    /// Writes everything but the end, which waits until the commit stands in the journal.
    ///
    /// - Parameter base: what the checkpoint is a delta against; nil makes a base.
    mutating func write(_ content: CheckpointContent, base: CheckpointBase?) throws {
        try writeHead(content, base)
        for table in content.tables { try write(table, since: base?.tables[table.name]?.snapshot ?? 0) }
        for blob in content.blobs {
            if let version = blob.version, base?.blobVersions[blob.name] == version { continue }
            try write(blob)
        }
        try flush()
    }

    /// Writes the end and returns the sum of all chunks.
    mutating func finish(journalOffset: Int64) throws -> UInt64 {
        begin(.journal)
        append(journalOffset)
        try end()
        let sum = CheckpointLayout.checksum(of: sums)
        begin(.done)
        append(UInt32(sums.count))
        append(sum)
        try end()
        try flush()
        return sum
    }

    private mutating func writeHead(_ content: CheckpointContent, _ base: CheckpointBase?) throws {
        begin(.head)
        append(base?.epoch ?? CheckpointLayout.noBase)
        append(base?.sum ?? 0)
        append((content.erases ? 1 : 0) as UInt8)
        append(content.applicationID)
        append(UInt32(content.numericsVersion))
        append(content.settings)
        var position: [UInt8] = []
        var writer = StateWriter(chunkBytes: 256) { position.append(contentsOf: $0) }
        try content.position.write(to: &writer)
        try writer.flush()
        piece.append(contentsOf: position)
        try end()
    }

    private mutating func write(_ table: StateTableSnapshot, since snapshot: UInt64) throws {
        begin(.table)
        append(table.name)
        append(UInt32(table.rows.rowBytes))
        append(UInt64(table.rows.count))
        try end()
        // Pages that follow each other share a chunk.
        var next = -1
        try table.rows.forEachPage(changedSince: snapshot) { offset, bytes in
            var done = 0
            while done < bytes.count {
                if next >= 0, next != offset + done || piece.count - chunkStart >= CheckpointLayout.partBytesMax {
                    try end()
                    next = -1
                }
                if next < 0 {
                    begin(.rows)
                    append(UInt64(offset + done))
                }
                let part = min(bytes.count - done, CheckpointLayout.partBytesMax)
                piece.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[done..<(done + part)]))
                done += part
                next = offset + done
            }
        }
        if next >= 0 { try end() }
    }

    private mutating func write(_ blob: StateBlob) throws {
        var parts: [[UInt8]] = [[]]
        var writer = StateWriter(chunkBytes: 1 << 16) { bytes in
            for start in stride(from: 0, to: bytes.count, by: CheckpointLayout.partBytesMax) {
                parts.append(Array(bytes[start..<min(start + CheckpointLayout.partBytesMax, bytes.count)]))
            }
        }
        try blob.write(&writer)
        try writer.flush()
        for part in parts {
            begin(.blob)
            append(blob.name)
            piece.append(contentsOf: part)
            try end()
        }
    }

    // MARK: Chunks

    private mutating func begin(_ tag: CheckpointLayout.Tag) {
        chunkStart = piece.count
        append(tag.rawValue)
        append(0 as UInt32)
    }

    private mutating func end() throws {
        let start = chunkStart
        let payload = UInt32(piece.count - start - CheckpointLayout.chunkHeadBytes)
        let sum = piece.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: payload.littleEndian, toByteOffset: start + 4, as: UInt32.self)
            return CheckpointLayout.checksum(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        append(sum)
        sums.append(sum)
        if piece.count >= CheckpointLayout.pieceBytesWanted { try flush() }
    }

    private mutating func flush() throws {
        if piece.isEmpty { return }
        try piece.withUnsafeBytes { try sink($0) }
        byteCount += piece.count
        piece.removeAll(keepingCapacity: true)
    }

    private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { piece.append(contentsOf: $0) }
    }

    private mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        piece.append(contentsOf: text.utf8)
    }
}
