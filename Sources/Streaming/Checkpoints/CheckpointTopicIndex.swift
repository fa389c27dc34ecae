/// What a log of checkpoints holds, by epoch.
struct CheckpointTopicIndex: Sendable {
    private struct Entry {
        /// Nil until the first piece was seen.
        var baseEpoch: Int64?
        /// By piece; empty where bytes are not kept.
        var pieces: [Int: [UInt8]] = [:]
        var endPiece: Int?
        /// Nothing of it lies before.
        var firstOffset: Int64

        /// Whether every piece up to the end marker is there.
        var isWhole: Bool {
            guard baseEpoch != nil, let endPiece else { return false }
            return (0...endPiece).allSatisfy { pieces[$0] != nil }
        }
    }

    private let keepsBytes: Bool
    private var entries: [Int64: Entry] = [:]

    init(keepsBytes: Bool) { self.keepsBytes = keepsBytes }

    /// Takes the next record of the log.
    mutating func note(_ offset: Int64, _ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) {
        guard let value else {
            entries[key.epoch]?.pieces[key.piece] = nil
            if entries[key.epoch]?.endPiece == key.piece { entries[key.epoch]?.endPiece = nil }
            if entries[key.epoch]?.pieces.isEmpty == true { entries[key.epoch] = nil }
            return
        }
        let bytes = Array(value)
        var entry = entries[key.epoch] ?? Entry(firstOffset: offset)
        if key.piece == 0 { entry.baseEpoch = CheckpointChunks.baseEpoch(firstPiece: bytes, epoch: key.epoch) }
        if CheckpointChunks.isEnd(bytes) { entry.endPiece = key.piece }
        entry.pieces[key.piece] = keepsBytes ? bytes : []
        entries[key.epoch] = entry
    }

    /// Puts down a checkpoint that was written whole.
    mutating func add(_ epoch: Int64, baseEpoch: Int64, pieceCount: Int, offset: Int64) {
        // An earlier one of the same epoch may have had more pieces; they go when the epoch goes.
        var entry = entries[epoch] ?? Entry(firstOffset: offset)
        entry.baseEpoch = baseEpoch
        for piece in 0..<pieceCount { entry.pieces[piece] = [] }
        entry.endPiece = pieceCount - 1
        entries[epoch] = entry
    }

    mutating func remove(_ epoch: Int64) { entries[epoch] = nil }

    /// The whole checkpoints, newest first.
    var points: [CheckpointPoint] {
        entries.compactMap { epoch, entry in
            guard entry.isWhole, let base = entry.baseEpoch else { return nil }
            return CheckpointPoint(epoch: epoch, baseEpoch: base)
        }.sorted { $0.epoch > $1.epoch }
    }

    func pieces(of epoch: Int64) -> [Int] { (entries[epoch]?.pieces.keys).map { $0.sorted() } ?? [] }
    func endPiece(of epoch: Int64) -> Int? { entries[epoch]?.endPiece }
    /// Nothing that is kept lies before.
    var firstOffset: Int64? { entries.values.map(\.firstOffset).min() }

    /// The epochs that can go now that `newest` is whole; among them those that were never finished.
    func obsolete(newest: CheckpointPoint, isAlone: Bool) -> [Int64] {
        let goes = CheckpointRetention.obsolete(points, newest: newest, isAlone: isAlone).map(\.epoch)
        let unfinished = entries.filter { $0.key < newest.epoch && !$0.value.isWhole }.map(\.key)
        return (goes + unfinished).sorted()
    }

    /// The bytes of a checkpoint up to its end marker; nil when the epoch is unknown.
    func bytes(of epoch: Int64) -> [UInt8]? {
        guard let entry = entries[epoch] else { return nil }
        var bytes: [UInt8] = []
        for piece in 0...(entry.endPiece ?? 0) { bytes.append(contentsOf: entry.pieces[piece] ?? []) }
        return bytes
    }
}
