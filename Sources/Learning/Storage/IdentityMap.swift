/// Ids to dense row numbers: open addressing with linear probing, at most 60% full.
///
/// Only looked up, never iterated, so the order of its slots can't reach the learnt state. It is not stored in a
/// checkpoint: whoever owns the rows inserts their ids again. Every operation is amortised O(1).
public final class IdentityMap {
    /// The answer for an unknown id.
    public static let none = UInt32.max

    private struct Slot {
        /// 0 = empty: ids are positive.
        var id: Int64
        var row: UInt32

        /// Its row is that of an unknown id, so that 0 is unknown too.
        static let empty = Slot(id: 0, row: IdentityMap.none)
    }

    private struct Fields {
        var slots: UnsafeMutablePointer<Slot>
        var mask: Int
        /// 64 minus the number of bits of a slot's index.
        var shift: UInt64
        var count = 0
    }

    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use, and that costs
    /// as much as the work.
    private let fields: UnsafeMutablePointer<Fields>

    private var slots: UnsafeMutablePointer<Slot> {
        get { fields.pointee.slots }
        set { fields.pointee.slots = newValue }
    }
    private var mask: Int {
        get { fields.pointee.mask }
        set { fields.pointee.mask = newValue }
    }
    private var shift: UInt64 {
        get { fields.pointee.shift }
        set { fields.pointee.shift = newValue }
    }
    public private(set) var count: Int {
        get { fields.pointee.count }
        set { fields.pointee.count = newValue }
    }

    public init(capacity: Int = 1024) {
        var size = 16
        while size * 3 < capacity * 5 { size *= 2 }
        fields = .allocate(capacity: 1)
        fields.initialize(
            to: Fields(
                slots: Self.emptySlots(size), mask: size - 1, shift: UInt64(64 - size.trailingZeroBitCount)))
    }

    deinit {
        slots.deallocate()
        fields.deallocate()
    }

    /// The row of an id, or `none`.
    @inline(__always)
    public func row(of id: Int64) -> UInt32 {
        var at = home(id)
        while true {
            let slot = slots[at]
            if slot.id == id { return slot.row }
            if slot.id == 0 { return Self.none }
            at = (at &+ 1) & mask
        }
    }

    /// Adds an id that is not there yet.
    public func insert(_ id: Int64, row: UInt32) {
        precondition(id > 0)
        if (count + 1) * 5 > (mask + 1) * 3 { grow() }
        place(Slot(id: id, row: row))
        count += 1
    }

    /// Removes an id; does nothing when it is not there. Later slots of the run move up, so no tombstones build up.
    public func remove(_ id: Int64) {
        var hole = home(id)
        while true {
            if slots[hole].id == 0 { return }
            if slots[hole].id == id { break }
            hole = (hole &+ 1) & mask
        }
        count -= 1
        var at = hole
        while true {
            at = (at &+ 1) & mask
            if slots[at].id == 0 { break }
            let wanted = home(slots[at].id)
            // The slot may fill the hole unless its home lies cyclically after the hole.
            if (at &- wanted) & mask >= (at &- hole) & mask {
                slots[hole] = slots[at]
                hole = at
            }
        }
        slots[hole] = .empty
    }

    public func removeAll() {
        slots.update(repeating: .empty, count: mask + 1)
        count = 0
    }

    /// Fibonacci hashing: dense MovieLens ids spread over the table, and neighbours do not collide. It takes the top
    /// bits, the only ones that every bit of the id reaches: ids whose low bits are all zero must not pile up.
    @inline(__always)
    private func home(_ id: Int64) -> Int {
        Int(truncatingIfNeeded: (UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    private func place(_ slot: Slot) {
        var at = home(slot.id)
        while slots[at].id != 0 {
            precondition(slots[at].id != slot.id, "an id can't have two rows")
            at = (at &+ 1) & mask
        }
        slots[at] = slot
    }

    private func grow() {
        let old = slots
        let oldSize = mask + 1
        slots = Self.emptySlots(oldSize * 2)
        mask = oldSize * 2 - 1
        shift -= 1
        for at in 0..<oldSize where old[at].id != 0 { place(old[at]) }
        old.deallocate()
    }

    private static func emptySlots(_ size: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: size)
        slots.initialize(repeating: .empty, count: size)
        return slots
    }
}
