import Synchronization

/// Checkpoints in a log, piece by piece under the keys `EPOCH/PIECE`: the bytes of a file, cut between chunks.
///
/// The end marker is the last piece and goes out only when the commit stands in the journal, like everything before it.
/// What is not needed any more is taken back piece by piece; then the end marker is written once more, so that a look at
/// the log's last record tells which epoch is the newest.
public final class CheckpointTopic: Sendable {
    /// What the last record of a log says.
    enum Peek: Equatable {
        case empty
        /// The newest checkpoint that is whole.
        case newest(epoch: Int64)
        /// A checkpoint was on its way when its writer ended; it takes a whole read to tell.
        case unknown
    }

    private let log: any CheckpointLog
    /// What the log holds, as long as this process is sure of it.
    private let known = Mutex<CheckpointTopicIndex?>(nil)
    /// Bytes that may be under way: the rest waits, so that neither memory nor broker is flooded.
    private static let unacknowledgedBytesMax = 2 << 20

    init(_ log: any CheckpointLog) { self.log = log }

    func peek() throws -> Peek {
        guard let last = try log.last() else { return .empty }
        guard let value = last.value, CheckpointChunks.isEnd(value) else { return .unknown }
        return .newest(epoch: last.key.epoch)
    }

    /// Epochs that the log holds whole; nil before this process wrote to it.
    var knownEpochs: [Int64]? { known.withLock { $0?.points.map(\.epoch) } }

    /// Takes every piece of every checkpoint back; returns how many there were.
    public func removeAll() throws -> Int {
        known.withLock { $0 = nil }
        var keys: Set<CheckpointKey> = []
        try log.read { _, key, value in
            if value == nil { keys.remove(key) } else { keys.insert(key) }
        }
        for key in keys.sorted(by: { ($0.epoch, $0.piece) < ($1.epoch, $1.piece) }) { try log.append(key, nil) }
        try log.flush()
        if !keys.isEmpty { try log.trim(before: log.end()) }
        return keys.count
    }

    /// Everything that the log holds, bytes included.
    func contents() throws -> CheckpointTopicIndex {
        var index = CheckpointTopicIndex(keepsBytes: true)
        try log.read { index.note($0, $1, $2) }
        return index
    }

    /// Writes a checkpoint whose commit stands in the journal, waits until it is acknowledged, and takes back what is not
    /// needed any more. Returns the sum of its chunks and their bytes.
    ///
    /// The first base of a process takes everything older back: whom its predecessor was yet to erase, nobody knows.
    ///
    /// - Parameter pause: called after each piece.
    func publish(
        _ content: CheckpointContent, base: CheckpointBase?, journalOffset: Int64, isAlone: Bool, pause: () -> Void
    ) throws -> (sum: UInt64, byteCount: Int) {
        let before = known.withLock { $0 }
        let isAlone = isAlone || before == nil && base == nil
        var index = try before ?? scan()
        // In doubt until everything is acknowledged.
        known.withLock { $0 = nil }
        let epoch = content.position.epoch
        let start = try log.end()
        var end: [UInt8] = []
        let written: (sum: UInt64, byteCount: Int) = try withoutActuallyEscaping(pause) { pause in
            var pieceCount = 0
            var unacknowledged = 0
            var encoder = CheckpointEncoder { [log] piece in
                try log.append(CheckpointKey(epoch: epoch, piece: pieceCount), piece)
                pieceCount += 1
                unacknowledged += piece.count
                if unacknowledged >= Self.unacknowledgedBytesMax {
                    try log.flush()
                    unacknowledged = 0
                }
                end = Array(piece)
                pause()
            }
            try encoder.write(content, base: base)
            let sum = try encoder.finish(journalOffset: journalOffset)
            try log.flush()
            index.add(epoch, baseEpoch: base?.epoch ?? epoch, pieceCount: pieceCount, offset: start)
            return (sum, encoder.byteCount)
        }
        let newest = CheckpointPoint(epoch: epoch, baseEpoch: base?.epoch ?? epoch)
        let obsolete = index.obsolete(newest: newest, isAlone: isAlone)
        for epoch in obsolete {
            for piece in index.pieces(of: epoch) { try log.append(CheckpointKey(epoch: epoch, piece: piece), nil) }
            index.remove(epoch)
        }
        if !obsolete.isEmpty {
            let key = CheckpointKey(epoch: epoch, piece: index.endPiece(of: epoch) ?? 0)
            try end.withUnsafeBytes { try log.append(key, $0) }
            try log.flush()
            if let first = index.firstOffset { try log.trim(before: first) }
        }
        known.withLock { $0 = index }
        return written
    }

    private func scan() throws -> CheckpointTopicIndex {
        var index = CheckpointTopicIndex(keepsBytes: false)
        try log.read { index.note($0, $1, $2) }
        return index
    }
}
