import Events
import Recommending

/// Builds one journal record in a reused buffer while its commit is open.
///
/// Batches are noted as they are learnt and lists as they are published, so the two grow in buffers of their own and
/// come together when the commit is sealed.
public final class JournalEncoder {
    private let batches = ByteBuffer(capacity: 1 << 14)
    private let lists = ByteBuffer(capacity: 1 << 16)
    private var batchCount = 0
    private var listCount = 0

    public init() {}

    /// What the record will take, about.
    public var byteCount: Int { batches.count + lists.count }
    public var isEmpty: Bool { batchCount == 0 && listCount == 0 }

    public func removeAll() {
        batches.removeAll()
        lists.removeAll()
        batchCount = 0
        listCount = 0
    }

    public func note(_ batch: RecordBatch) {
        batchCount += 1
        batches.append(varint: UInt64(batch.segments.count))
        for segment in batch.segments {
            batches.append(segment.partition.topic.rawValue)
            batches.append(varint: UInt64(segment.partition.partition))
            batches.append(varint: UInt64(segment.nextOffset))
            batches.append(varint: UInt64(segment.count))
        }
    }

    /// Notes a published list; `movieID` gives the id of its i-th movie.
    public func note(userID: Int64, lastScore: Float, count: Int, movieID: (Int) -> Int64) {
        listCount += 1
        lists.append(varint: UInt64(userID))
        lists.append(varint: UInt64(count))
        lists.append(fixed: lastScore.bitPattern)
        var before: Int64 = 0
        for at in 0..<count {
            let id = movieID(at)
            lists.append(zigzag: id - before)
            before = id
        }
    }

    /// The most that a list can take in a record: user id, count, score, and the differences of its movies' ids.
    public static func listBytesMax(length: Int, movieIDMax: Int64) -> Int {
        let differenceBits = Int64.bitWidth - movieIDMax.leadingZeroBitCount + 1
        return 10 + 2 + 4 + length * ((differenceBits + 6) / 7)
    }

    /// Writes the whole commit record to `record` (emptied first) and returns its chain.
    public func finish(
        epoch: Int64, previousChain: Chain, isCatalogueComplete: Bool, fanOuts: [FanOut], isCut: Bool = false,
        digest: EpochDigest? = nil, into record: ByteBuffer
    ) -> Chain {
        let flags =
            (isCatalogueComplete ? JournalLayout.catalogueCompleteFlag : 0) | (isCut ? JournalLayout.cutFlag : 0)
            | (digest != nil ? JournalLayout.digestFlag : 0)
        Self.begin(.commit, flags: flags, epoch: epoch, previousChain: previousChain, into: record)
        record.append(varint: UInt64(batchCount))
        record.append(batches.bytes)
        record.append(varint: UInt64(listCount))
        record.append(lists.bytes)
        record.append(varint: UInt64(fanOuts.count))
        for fanOut in fanOuts {
            record.append(fanOut.kind.rawValue)
            record.append(varint: UInt64(fanOut.movieID))
            record.append(varint: UInt64(fanOut.nextUser))
            record.append(varint: UInt64(fanOut.partition))
            record.append(varint: UInt64(fanOut.offset))
            record.append(fixed: fanOut.eventTime)
        }
        if let digest {
            record.append(fixed: digest.epoch)
            digest.digest.bytes.withUnsafeBytes { record.append($0) }
        }
        return Self.seal(record)
    }

    /// Writes the first record of a lineage.
    public static func start(
        epoch: Int64, previousChain: Chain, lineage: Lineage, into record: ByteBuffer
    ) -> Chain {
        begin(.start, flags: 0, epoch: epoch, previousChain: previousChain, into: record)
        record.append(lineage.origin.rawValue)
        record.append(varint: UInt64(lineage.numericsVersion))
        for text in [lineage.settings, lineage.reason] {
            record.append(varint: UInt64(text.utf8.count))
            record.append(utf8: text)
        }
        record.append(varint: UInt64(lineage.inputs.count))
        for (partition, offset) in lineage.inputs.sorted(by: { $0.key < $1.key }) {
            record.append(partition.topic.rawValue)
            record.append(varint: UInt64(partition.partition))
            record.append(varint: UInt64(offset))
        }
        return seal(record)
    }

    private static func begin(
        _ kind: JournalRecord.Kind, flags: UInt8, epoch: Int64, previousChain: Chain, into record: ByteBuffer
    ) {
        record.removeAll()
        JournalLayout.magic.withUnsafeBytes { record.append($0) }
        record.append(kind.rawValue)
        record.append(flags)
        record.append(fixed: epoch)
        record.append(fixed: previousChain.high)
        record.append(fixed: previousChain.low)
    }

    private static func seal(_ record: ByteBuffer) -> Chain {
        let chain = Chain(hashing: record.bytes)
        record.append(fixed: chain.high)
        record.append(fixed: chain.low)
        return chain
    }
}

extension ByteBuffer {
    /// Unsigned LEB128.
    @inline(__always)
    func append(varint value: UInt64) {
        var value = value
        let at = reserve(10)
        var count = 0
        while value >= 0x80 {
            at[count] = UInt8(truncatingIfNeeded: value) | 0x80
            value >>= 7
            count += 1
        }
        at[count] = UInt8(truncatingIfNeeded: value)
        advance(by: count + 1)
    }

    @inline(__always)
    func append(zigzag value: Int64) { append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    @inline(__always)
    func append<Value: FixedWidthInteger>(fixed value: Value) {
        withUnsafeBytes(of: value.littleEndian) { append($0) }
    }
}
