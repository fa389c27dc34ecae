/// Where each item's row is: 4 bytes an item number up to the largest seen.
struct ItemMap: ~Copyable {
    static let none = UInt32.max

    private var slots: UnsafeMutablePointer<UInt32>
    private(set) var capacity = 0

    init() { slots = .allocate(capacity: 1) }

    deinit { slots.deallocate() }

    /// The item's slot, or `none`.
    @inline(__always)
    subscript(item: UInt32) -> UInt32 {
        Int(item) < capacity ? slots[Int(item)] : Self.none
    }

    @inline(__always)
    mutating func set(_ item: UInt32, _ slot: UInt32) {
        if Int(item) >= capacity { grow(toHold: Int(item)) }
        slots[Int(item)] = slot
    }

    mutating func removeAll() {
        slots.deallocate()
        slots = .allocate(capacity: 1)
        capacity = 0
    }

    @inline(never)
    private mutating func grow(toHold item: Int) {
        let larger = max(item + 1, capacity + capacity / 32 + 64)
        let moved = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        moved.update(from: slots, count: capacity)
        (moved + capacity).initialize(repeating: Self.none, count: larger - capacity)
        slots.deallocate()
        slots = moved
        capacity = larger
    }
}
