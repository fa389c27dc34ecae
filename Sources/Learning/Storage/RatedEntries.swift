/// One user's entries, in the order of arrival; borrowed.
public struct RatedEntries {
    public let count: Int
    let base: UnsafeRawPointer?
    let capacity: Int

    init(count: Int, base: UnsafeRawPointer?, capacity: Int) {
        self.count = count
        self.base = base
        self.capacity = capacity
    }

    /// `count` times in milliseconds; must not be asked for when there are none.
    public var times: UnsafePointer<Int64> { column(0).assumingMemoryBound(to: Int64.self) }
    /// `count` movie rows.
    public var movies: UnsafePointer<UInt32> { column(8 * capacity).assumingMemoryBound(to: UInt32.self) }
    /// `count` values: half stars, or a removal's old half stars with `removedFlag`.
    public var values: UnsafePointer<UInt8> { column(12 * capacity).assumingMemoryBound(to: UInt8.self) }

    /// The movie rows as a buffer; empty when there are none.
    public var movieBuffer: UnsafeBufferPointer<UInt32> {
        guard base != nil else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: movies, count: count)
    }

    private func column(_ offset: Int) -> UnsafeRawPointer {
        guard let base else { preconditionFailure("a user without ratings has no columns") }
        return base + offset
    }
}
