import Events
import Learning
import Recommending

/// One commit of the journal, decoded.
public struct JournalRecord: Sendable, Equatable {
    public enum Kind: UInt8, Sendable {
        /// The first record of a lineage: what it is learnt with, and why it begins. It takes an epoch like a commit, and
        /// goes on the chain of the lineage before.
        case start = 1
        case commit = 2
    }

    /// How far the batch moved one partition.
    public struct Advance: Sendable, Equatable {
        public var partition: InputPartition
        public var nextOffset: Int64
        public var count: Int
    }

    /// A list that was published.
    public struct PublishedList: Sendable, Equatable {
        public var userID: Int64
        public var movieIDs: [Int64]
        public var lastScore: Float
    }

    public var kind: Kind
    public var epoch: Int64
    public var previousChain: Chain
    public var chain: Chain
    /// Of a `start` record.
    public var lineage: Lineage?
    /// Of a `commit` record: the batches in the order in which they were learnt.
    public var batches: [[Advance]] = []
    public var lists: [PublishedList] = []
    /// What is left of fan-outs after this commit.
    public var fanOuts: [FanOut] = []
    /// Whether `movies` and `users` have been read to the ends that they had at the first start.
    public var isCatalogueComplete = false
    /// Whether a checkpoint was cut of this commit, so that a later record may name the state's digest.
    public var isCut = false
    /// The digest of an earlier commit's state, known by now.
    public var digest: EpochDigest?
}

/// The digest of the learnt state as it was at the end of a commit.
public struct EpochDigest: Sendable, Equatable {
    public var epoch: Int64
    public var digest: StateDigest

    public init(epoch: Int64, digest: StateDigest) {
        self.epoch = epoch
        self.digest = digest
    }
}

/// The layout of a journal record, little-endian:
///
///     "MQJ1"  kind: u8  flags: u8  epoch: i64  previous chain: 2 × u64  body  chain: 2 × u64
///
/// Numbers of the body are varints (LEB128), signed ones zigzag. A `start` body is
///
///     origin: u8  numerics version  settings, reason: 2 × (length, UTF-8)  inputs: n × (topic: u8, partition, offset)
///
/// and a `commit` body
///
///     batches: n × (m × (topic: u8, partition, next offset, count))
///     lists:   n × (user id, k, last score: f32, k × movie id − the movie id before)
///     fan-outs: n × (kind: u8, movie id, next user row, partition, offset, event time: i64)
///     digest, if the flag says so: epoch: i64, SHA-256 of the state at that epoch: 32 bytes
enum JournalLayout {
    static let magic: [UInt8] = Array("MQJ1".utf8)
    static let headBytes = 4 + 1 + 1 + 8 + 16
    static let chainBytes = 16
    static let catalogueCompleteFlag: UInt8 = 1
    /// A checkpoint was cut of this commit.
    static let cutFlag: UInt8 = 2
    /// The record ends with a digest.
    static let digestFlag: UInt8 = 4
}
