/// The place of a piece of a checkpoint in a log: checkpoints in the order of epochs, each in the order of its pieces.
public struct CheckpointKey: Sendable, Hashable, CustomStringConvertible {
    public var epoch: Int64
    public var piece: Int

    private static let epochDigits = 19
    private static let pieceDigits = 6

    public init(epoch: Int64, piece: Int) {
        self.epoch = epoch
        self.piece = piece
    }

    /// Reads `EPOCH/PIECE`; nil when it is something else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == Self.epochDigits, parts[1].utf8.count == Self.pieceDigits,
            let epoch = Int64(parts[0]), let piece = Int(parts[1]), epoch >= 0, piece >= 0
        else { return nil }
        self.init(epoch: epoch, piece: piece)
    }

    /// `EPOCH/PIECE`, with so many digits that the order of texts is that of the numbers.
    public var description: String {
        Self.padded(epoch, Self.epochDigits) + "/" + Self.padded(Int64(piece), Self.pieceDigits)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

/// Checkpoints beside the journal, for machines that lose their disk: a log that keeps, of the records of a key, at
/// least the newest.
///
/// Used by one thread at a time: the one that restores, later the one that writes checkpoints.
public protocol CheckpointLog: AnyObject, Sendable {
    /// The newest record; nil when there is none.
    func last() throws -> (key: CheckpointKey, value: [UInt8]?)?

    /// Calls `handler` with each record that is kept, up to the end that the log has now, in order; a null value takes
    /// the key's earlier ones back. The bytes are borrowed for the call.
    func read(_ handler: (_ offset: Int64, _ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) throws -> Void)
        throws

    /// The offset of the next record.
    func end() throws -> Int64

    /// Appends a record; nil takes the key's earlier ones back.
    func append(_ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) throws

    /// Waits until everything that was appended is acknowledged.
    func flush() throws

    /// Gives up what lies before an offset, where the log can; else it is left to its own clearing.
    func trim(before offset: Int64) throws
}
