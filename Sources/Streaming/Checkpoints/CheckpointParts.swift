import Learning

/// The bytes of one checkpoint, base or delta, read and found whole: every byte is under a checked sum.
struct CheckpointParts {
    /// Nil for a base.
    var base: (epoch: Int64, sum: UInt64)?
    var erases = false
    var applicationID = ""
    var numericsVersion = 0
    var settings = ""
    var position = Position()
    var journalOffset: Int64 = -1
    /// The state, or what changed of it.
    var image = StateImage()
    var sum: UInt64 = 0
    private var tableName = ""

    /// - Throws: `CheckpointError` when the bytes are torn, damaged or of another format.
    init(_ bytes: [UInt8]) throws {
        var sums: [UInt64] = []
        var isDone = false
        try CheckpointChunks.forEach(of: bytes) { tag, payload, sum in
            guard (tag == .head) == sums.isEmpty else { throw CheckpointError.impossible("the head is not the first") }
            do {
                try payload.withUnsafeBytes { buffer in
                    var reader = StateReader(buffer)
                    try take(tag, payload, &reader)
                    if tag == .done {
                        let count = try reader.read(UInt32.self)
                        self.sum = try reader.read()
                        guard count == sums.count, self.sum == CheckpointLayout.checksum(of: sums) else {
                            throw CheckpointError.impossible("chunks of several checkpoints")
                        }
                        isDone = true
                    }
                    guard reader.isAtEnd else { throw CheckpointError.impossible("a chunk with bytes left over") }
                }
            } catch let failure as StateReader.Failure {
                throw CheckpointError.impossible("\(failure)")
            }
            sums.append(sum)
        }
        guard isDone, journalOffset >= 0 else { throw CheckpointError.impossible("a chunk is missing") }
    }

    private mutating func take(
        _ tag: CheckpointLayout.Tag, _ payload: ArraySlice<UInt8>, _ reader: inout StateReader
    ) throws {
        switch tag {
        case .head:
            let baseEpoch = try reader.read(Int64.self)
            let baseSum = try reader.read(UInt64.self)
            if baseEpoch != CheckpointLayout.noBase { base = (baseEpoch, baseSum) }
            erases = try reader.read(UInt8.self) != 0
            applicationID = try reader.readString()
            numericsVersion = Int(try reader.read(UInt32.self))
            settings = try reader.readString()
            position = try Position(from: &reader)
        case .table:
            tableName = try reader.readString()
            let rowBytes = Int(try reader.read(UInt32.self))
            let rowCount = try reader.read(UInt64.self)
            guard image.tables[tableName] == nil, rowBytes > 0, rowCount < UInt64(UInt32.max) else {
                throw CheckpointError.impossible("the table '\(tableName)'")
            }
            image.tables[tableName] = StateImage.Table(rowBytes: rowBytes, rowCount: Int(rowCount))
        case .rows:
            guard let offset = Int(exactly: try reader.read(UInt64.self)), image.tables[tableName] != nil else {
                throw CheckpointError.impossible("rows without a table")
            }
            let bytes = payload[(payload.startIndex + reader.offset)...]
            image.tables[tableName]?.runs.append(StateImage.Run(offset: offset, bytes: bytes))
            _ = try reader.take(bytes.count)
        case .blob:
            let name = try reader.readString()
            image.blobs[name, default: []].append(contentsOf: payload[(payload.startIndex + reader.offset)...])
            _ = try reader.take(reader.remaining)
        case .journal: journalOffset = try reader.read()
        case .done: break
        }
    }
}
