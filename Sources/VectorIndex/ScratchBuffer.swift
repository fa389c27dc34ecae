/// Memory that grows to the largest size asked for and stays; its content is undefined after growing.
struct ScratchBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int

    init() {
        base = Self.allocate(16)
        capacity = 16
    }

    deinit { base.deallocate() }

    @inline(__always)
    mutating func reserve(_ count: Int) {
        if count > capacity { grow(toHold: count) }
    }

    @inline(never)
    private mutating func grow(toHold count: Int) {
        base.deallocate()
        capacity = max(count, capacity * 2)
        base = Self.allocate(capacity)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
        let bytes = max(64, count * MemoryLayout<Element>.stride)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        return raw.bindMemory(to: Element.self, capacity: count)
    }
}
