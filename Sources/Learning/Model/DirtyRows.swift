/// A set of row numbers that is filled, read and emptied once a batch: a mark a row and a list.
///
/// Insert is O(1), emptying O(members).
public final class DirtyRows {
    private var marks: UnsafeMutablePointer<UInt8>
    private var list: UnsafeMutablePointer<UInt32>
    private var capacity: Int
    public private(set) var count = 0

    public init(capacity: Int = 4096) {
        self.capacity = capacity
        marks = .allocate(capacity: capacity)
        marks.initialize(repeating: 0, count: capacity)
        list = .allocate(capacity: capacity)
    }

    deinit {
        marks.deallocate()
        list.deallocate()
    }

    public var rows: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: list, count: count) }

    /// Makes room for rows below `rowCount`.
    public func reserve(_ rowCount: Int) {
        if rowCount <= capacity { return }
        let larger = max(rowCount, capacity * 2)
        let newMarks = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        newMarks.initialize(repeating: 0, count: larger)
        newMarks.update(from: marks, count: capacity)
        let newList = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        newList.update(from: list, count: count)
        marks.deallocate()
        list.deallocate()
        marks = newMarks
        list = newList
        capacity = larger
    }

    @inline(__always)
    public func insert(_ row: UInt32) {
        assert(Int(row) < capacity)
        if marks[Int(row)] != 0 { return }
        marks[Int(row)] = 1
        list[count] = row
        count += 1
    }

    public func removeAll() {
        for at in 0..<count { marks[Int(list[at])] = 0 }
        count = 0
    }
}
