/// A growable run of bytes that is filled, read and filled again without allocating once it is large enough.
///
/// Not thread-safe: whoever holds it owns it.
public final class ByteBuffer {
    /// The fields live behind a pointer, not in the object, so that no access to them costs a check of exclusivity:
    /// with those checks a fifth of the decoder's time went into them.
    private struct State {
        var base: UnsafeMutablePointer<UInt8>
        var capacity: Int
        var count = 0
    }

    private let state: UnsafeMutablePointer<State>

    public var base: UnsafeMutablePointer<UInt8> { state.pointee.base }
    public var capacity: Int { state.pointee.capacity }
    public var count: Int { state.pointee.count }

    public init(capacity: Int = 4096) {
        let capacity = max(64, capacity)
        state = .allocate(capacity: 1)
        state.initialize(to: State(base: .allocate(capacity: capacity), capacity: capacity))
    }

    deinit {
        state.pointee.base.deallocate()
        state.deallocate()
    }

    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    public func removeAll() { state.pointee.count = 0 }

    /// Makes room for `more` bytes and returns where they go; call `advance(by:)` after writing them.
    @inline(__always)
    public func reserve(_ more: Int) -> UnsafeMutablePointer<UInt8> {
        if count + more > capacity { grow(more) }
        return base + count
    }

    @inline(__always)
    public func advance(by written: Int) {
        assert(count + written <= capacity)
        state.pointee.count += written
    }

    @inline(__always)
    public func append(_ byte: UInt8) {
        reserve(1).pointee = byte
        state.pointee.count += 1
    }

    @inline(__always)
    public func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(reserve(bytes.count)).copyMemory(from: source, byteCount: bytes.count)
        state.pointee.count += bytes.count
    }

    @inline(__always)
    public func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: base, count: count)
        base.deallocate()
        state.pointee.base = moved
        state.pointee.capacity = larger
    }
}
