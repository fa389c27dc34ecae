import Events
import Learning
import Recommending

/// Why bytes are not a record of this journal format.
public enum JournalFormatError: Error, Equatable {
    case notAJournalRecord
    case damaged
    case truncated
}

extension JournalRecord {
    /// Decodes a record and checks that its chain is that of its bytes.
    ///
    /// - Throws: `JournalFormatError`.
    public init(decoding bytes: UnsafeRawBufferPointer) throws {
        let smallest = JournalLayout.headBytes + JournalLayout.chainBytes
        guard bytes.count >= smallest, bytes.prefix(4).elementsEqual(JournalLayout.magic) else {
            throw JournalFormatError.notAJournalRecord
        }
        let bodyEnd = bytes.count - JournalLayout.chainBytes
        var tail = JournalReader(UnsafeRawBufferPointer(rebasing: bytes[bodyEnd...]))
        let written = Chain(high: try tail.fixed(), low: try tail.fixed())
        guard written == Chain(hashing: UnsafeRawBufferPointer(rebasing: bytes[..<bodyEnd])) else {
            throw JournalFormatError.damaged
        }
        var reader = JournalReader(UnsafeRawBufferPointer(rebasing: bytes[4..<bodyEnd]))
        guard let kind = Kind(rawValue: try reader.fixed()) else { throw JournalFormatError.notAJournalRecord }
        let flags: UInt8 = try reader.fixed()
        let epoch: Int64 = try reader.fixed()
        let previous = Chain(high: try reader.fixed(), low: try reader.fixed())
        self.init(kind: kind, epoch: epoch, previousChain: previous, chain: written)
        isCatalogueComplete = flags & JournalLayout.catalogueCompleteFlag != 0
        isCut = flags & JournalLayout.cutFlag != 0
        switch kind {
        case .start:
            lineage = try reader.lineage()
        case .commit:
            batches = try reader.array { try $0.array { try $0.advance() } }
            lists = try reader.array { try $0.publishedList() }
            fanOuts = try reader.array { try $0.fanOut() }
            if flags & JournalLayout.digestFlag != 0 {
                digest = EpochDigest(epoch: try reader.fixed(), digest: try reader.digest())
            }
        }
        guard reader.isAtEnd else { throw JournalFormatError.damaged }
    }
}

/// Reads the numbers of a journal record.
private struct JournalReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func fixed<Value: FixedWidthInteger>() throws -> Value {
        let size = MemoryLayout<Value>.size
        guard at + size <= bytes.count else { throw JournalFormatError.truncated }
        defer { at += size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Value.self))
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard at < bytes.count, shift < 64 else { throw JournalFormatError.truncated }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    mutating func number<Value: FixedWidthInteger>() throws -> Value {
        guard let value = Value(exactly: try varint()) else { throw JournalFormatError.damaged }
        return value
    }

    mutating func zigzag() throws -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func digest() throws -> StateDigest {
        guard StateDigest.byteCount <= bytes.count - at else { throw JournalFormatError.truncated }
        defer { at += StateDigest.byteCount }
        return StateDigest(bytes: Array(bytes[at..<(at + StateDigest.byteCount)]))
    }

    mutating func string() throws -> String {
        let count: Int = try number()
        guard count <= bytes.count - at else { throw JournalFormatError.truncated }
        defer { at += count }
        return String(decoding: bytes[at..<(at + count)], as: UTF8.self)
    }

    mutating func array<Element>(_ element: (inout JournalReader) throws -> Element) throws -> [Element] {
        let count: Int = try number()
        // Every element takes at least a byte, so a damaged count can't ask for endless memory.
        guard count <= bytes.count - at else { throw JournalFormatError.truncated }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    mutating func lineage() throws -> Lineage {
        guard let origin = Lineage.Origin(rawValue: try fixed()) else { throw JournalFormatError.damaged }
        var lineage = Lineage(
            origin: origin, numericsVersion: try number(), settings: try string(), reason: try string())
        for (partition, offset) in try array({ try $0.input() }) { lineage.inputs[partition] = offset }
        return lineage
    }

    mutating func input() throws -> (InputPartition, Int64) {
        guard let topic = InputTopic(rawValue: try fixed()) else { throw JournalFormatError.damaged }
        return (InputPartition(topic, try number()), try number())
    }

    mutating func advance() throws -> JournalRecord.Advance {
        guard let topic = InputTopic(rawValue: try fixed()) else { throw JournalFormatError.damaged }
        return JournalRecord.Advance(
            partition: InputPartition(topic, try number()), nextOffset: try number(), count: try number())
    }

    mutating func publishedList() throws -> JournalRecord.PublishedList {
        let userID: Int64 = try number()
        let count: Int = try number()
        let lastScore = Float(bitPattern: try fixed())
        guard count <= bytes.count - at else { throw JournalFormatError.truncated }
        var ids: [Int64] = []
        ids.reserveCapacity(count)
        var before: Int64 = 0
        for _ in 0..<count {
            before &+= try zigzag()
            ids.append(before)
        }
        return JournalRecord.PublishedList(userID: userID, movieIDs: ids, lastScore: lastScore)
    }

    mutating func fanOut() throws -> FanOut {
        guard let kind = FanOut.Kind(rawValue: try fixed()) else { throw JournalFormatError.damaged }
        // The row is looked up by whoever knows the movies.
        return FanOut(
            kind: kind, movie: .max, movieID: try number(), nextUser: try number(), partition: try number(),
            offset: try number(), eventTime: try fixed())
    }
}
