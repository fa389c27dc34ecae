/// Why a checkpoint is not used.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    case notACheckpoint
    case unknownFormat(UInt32)
    case torn(atByte: Int)
    case damaged(atByte: Int)
    /// The base that a delta needs is another one than is there.
    case otherBase(epoch: Int64)
    case missingBase(epoch: Int64)
    /// The bytes are whole but not a state: written by a faulty version.
    case impossible(String)

    public var description: String {
        switch self {
        case .notACheckpoint: "it is not a checkpoint"
        case .unknownFormat(let format): "its format \(format) is not one that this version reads"
        case .torn(let byte): "it ends early, at byte \(byte)"
        case .damaged(let byte): "its checksum does not match, in the chunk at byte \(byte)"
        case .otherBase(let epoch): "it goes with another base than the one of epoch \(epoch) that is there"
        case .missingBase(let epoch): "its base of epoch \(epoch) is missing"
        case .impossible(let what): "it can't be a state: \(what)"
        }
    }
}
