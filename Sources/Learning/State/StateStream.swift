/// Writes state as little-endian bytes into a sink that takes chunks: a checkpoint file or a hash.
///
/// The layout it writes is canonical: the same state gives the same bytes, so a digest of them is a digest of the
/// state.
public struct StateWriter {
    private var buffer: [UInt8] = []
    private let chunkBytes: Int
    private let sink: (UnsafeRawBufferPointer) throws -> Void

    public init(chunkBytes: Int = 1 << 18, sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.chunkBytes = chunkBytes
        self.sink = sink
        buffer.reserveCapacity(chunkBytes + 64)
    }

    @inline(__always)
    public mutating func write<Value: FixedWidthInteger>(_ value: Value) throws {
        try withUnsafeBytes(of: value.littleEndian) { try write($0) }
    }

    /// The float's bits.
    public mutating func write(_ value: Float) throws { try write(value.bitPattern) }
    public mutating func write(_ value: Double) throws { try write(value.bitPattern) }

    public mutating func write(_ text: String) throws {
        let utf8 = Array(text.utf8)
        try write(UInt32(utf8.count))
        try utf8.withUnsafeBytes { try write($0) }
    }

    /// Bytes as they are; the caller says their number elsewhere.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= chunkBytes { try flush() }
    }

    public mutating func flush() throws {
        if buffer.isEmpty { return }
        try buffer.withUnsafeBytes { try sink($0) }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Reads what a `StateWriter` wrote.
public struct StateReader {
    public enum Failure: Error, Equatable {
        /// The bytes ended at `offset`, `wanted` more were needed.
        case ended(offset: Int, wanted: Int)
        /// A value that can't be: what it is and where.
        case impossible(String, offset: Int)
    }

    private let bytes: UnsafeRawBufferPointer
    public private(set) var offset = 0

    /// Borrows the bytes; they must outlive the reader.
    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    public var isAtEnd: Bool { offset == bytes.count }
    public var remaining: Int { bytes.count - offset }

    @inline(__always)
    public mutating func read<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws -> Value {
        let size = MemoryLayout<Value>.size
        let value = try take(size).loadUnaligned(as: Value.self)
        return Value(littleEndian: value)
    }

    public mutating func readFloat() throws -> Float { Float(bitPattern: try read()) }
    public mutating func readDouble() throws -> Double { Double(bitPattern: try read()) }

    public mutating func readString() throws -> String {
        let count = Int(try read(UInt32.self))
        return String(decoding: UnsafeRawBufferPointer(start: try take(count), count: count), as: UTF8.self)
    }

    /// A count that can't exceed what is left, at `elementBytes` each.
    public mutating func readCount(elementBytes: Int) throws -> Int {
        let at = offset
        let count = try read(UInt64.self)
        guard count <= UInt64(remaining / max(1, elementBytes)) else {
            throw Failure.impossible("count \(count)", offset: at)
        }
        return Int(count)
    }

    /// The next `count` bytes, borrowed.
    public mutating func take(_ count: Int) throws -> UnsafeRawPointer {
        guard count >= 0, count <= remaining, let base = bytes.baseAddress else {
            throw Failure.ended(offset: offset, wanted: count)
        }
        defer { offset += count }
        return base + offset
    }
}
