import CXXHash

/// The running hash over a journal: chain of a record = XXH3-128 of the record, which begins with the chain before.
///
/// It tells a journal that goes on from one that was truncated, made anew or belongs to another application; it is no
/// defence against somebody who forges records.
public struct Chain: Sendable, Equatable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public static let zero = Chain(high: 0, low: 0)

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The chain of a record's bytes.
    init(hashing bytes: UnsafeRawBufferPointer) {
        let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
        self.init(high: hash.high64, low: hash.low64)
    }

    /// The chain that stands at the end of an encoded record.
    init(endOf record: UnsafeRawBufferPointer) {
        precondition(record.count >= 16)
        high = UInt64(littleEndian: record.loadUnaligned(fromByteOffset: record.count - 16, as: UInt64.self))
        low = UInt64(littleEndian: record.loadUnaligned(fromByteOffset: record.count - 8, as: UInt64.self))
    }

    public var description: String {
        let text = String(high, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
