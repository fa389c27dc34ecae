import CXXHash

/// The layout of a checkpoint, little-endian; the same in a file and, cut into records between chunks, in a topic:
///
///     "MQCK"  format: u32
///     chunks: tag: u32  byte count: u32  payload  XXH3-64 of tag, count and payload: u64
///
/// Strings are a byte count (u32) and UTF-8. The chunks, in this order:
///
///     HEAD  base epoch: i64  base's sum: u64  erases: u8  application id  numerics version: u32  settings
///           position
///     TABL  name  row bytes: u32  row count: u64
///     ROWS  offset: u64, then bytes of the table before, whose row 0 begins at offset 0; any number of them
///     BLOB  name  bytes; further chunks of the same name go on
///     JRNL  the journal offset of the record of this epoch: i64
///     DONE  number of chunks before: u32  XXH3-64 of their sums, one after the other: u64; nothing comes behind
///
/// A base has base epoch -1 and holds every row. A delta names its base and holds the pages and blobs that changed
/// since: laid over the base they give the state, so two reads restore it, however many deltas came between. Rows are
/// as they lie in memory, with the blocks and free rows where they are, so that what is restored goes on exactly like
/// what was written.
///
/// A checkpoint that is torn at any byte lacks its end, a flipped bit fails its chunk's sum, and a chunk that is
/// missing or another's fails the sum at the end. Format 1, one canonical stream without deltas, is not read: such a
/// file is passed over with the reason, and the journal replays in its place.
enum CheckpointLayout {
    static let magic: [UInt8] = Array("MQCK".utf8)
    static let format: UInt32 = 2
    static let prefixBytes = 8
    static let chunkHeadBytes = 8
    static let chunkTailBytes = 8
    /// The most rows or blob bytes of one chunk.
    static let partBytesMax = 192 * 1024
    /// Chunks are written together until they have this many bytes: with the chunk that goes beyond, still below what
    /// brokers take in one record.
    static let pieceBytesWanted = 640 * 1024
    /// Larger than any chunk that is written; a larger count is damage.
    static let chunkBytesMax = 1 << 20
    /// Of a base, in place of a base's epoch.
    static let noBase: Int64 = -1

    enum Tag: UInt32 {
        case head = 0x4441_4548
        case table = 0x4C42_4154
        case rows = 0x5357_4F52
        case blob = 0x424F_4C42
        case journal = 0x4C4E_524A
        case done = 0x454E_4F44
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 { XXH3_64bits(bytes.baseAddress, bytes.count) }

    /// The sum over all chunks' sums, by which a delta knows its base.
    static func checksum(of sums: [UInt64]) -> UInt64 {
        sums.map(\.littleEndian).withUnsafeBytes { checksum($0) }
    }
}
