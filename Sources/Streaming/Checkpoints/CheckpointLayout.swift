import CXXHash

/// The layout of a checkpoint file, little-endian:
///
///     "MQCK"  format: u32
///     chunks: tag: u32  byte count: u32  payload  XXH3-64 of tag, count and payload: u64
///
/// First a `HEAD` chunk (application id, settings, position), then `DATA` chunks whose payloads together are the
/// learnt state and the lists, then a `JRNL` chunk (the journal offset of the record of this epoch), then an empty
/// `DONE` chunk and nothing behind it. So a file that is torn at any byte lacks its end, and a flipped bit fails its
/// chunk's sum.
enum CheckpointLayout {
    static let magic: [UInt8] = Array("MQCK".utf8)
    static let format: UInt32 = 1
    static let prefixBytes = 8
    static let chunkHeadBytes = 8
    static let chunkTailBytes = 8
    /// Larger than any chunk that is written; a larger count is damage.
    static let chunkBytesMax = 1 << 24

    enum Tag: UInt32 {
        case head = 0x4441_4548
        case data = 0x4154_4144
        case journal = 0x4C4E_524A
        case done = 0x454E_4F44
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 { XXH3_64bits(bytes.baseAddress, bytes.count) }
}

/// Why a checkpoint file is not used.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    case notACheckpoint
    case unknownFormat(UInt32)
    case torn(atByte: Int)
    case damaged(atByte: Int)
    case otherApplication(String)
    case otherSettings(found: String, expected: String)
    /// The bytes are whole but not a state: written by a faulty version.
    case impossible(String)

    public var description: String {
        switch self {
        case .notACheckpoint: "it is not a checkpoint file"
        case .unknownFormat(let format): "its format \(format) is not one that this version reads"
        case .torn(let byte): "it ends early, at byte \(byte)"
        case .damaged(let byte): "its checksum does not match, in the chunk at byte \(byte)"
        case .otherApplication(let other): "it belongs to the application '\(other)'"
        case .otherSettings(let found, let expected): "it was learnt with '\(found)', not '\(expected)'"
        case .impossible(let what): "it can't be a state: \(what)"
        }
    }
}
