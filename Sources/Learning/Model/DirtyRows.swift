/// A set of row numbers that is filled, read and emptied once a batch: a mark a row and a list.
///
/// Insert is O(1), emptying O(members).
public final class DirtyRows {
    private struct Fields {
        var marks: UnsafeMutablePointer<UInt8>
        var list: UnsafeMutablePointer<UInt32>
        var capacity: Int
        var count = 0
    }

    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use, and that costs
    /// as much as the work.
    private let fields: UnsafeMutablePointer<Fields>

    private var marks: UnsafeMutablePointer<UInt8> {
        get { fields.pointee.marks }
        set { fields.pointee.marks = newValue }
    }
    private var list: UnsafeMutablePointer<UInt32> {
        get { fields.pointee.list }
        set { fields.pointee.list = newValue }
    }
    private var capacity: Int {
        get { fields.pointee.capacity }
        set { fields.pointee.capacity = newValue }
    }
    public private(set) var count: Int {
        get { fields.pointee.count }
        set { fields.pointee.count = newValue }
    }

    public init(capacity: Int = 4096) {
        fields = .allocate(capacity: 1)
        fields.initialize(
            to: Fields(
                marks: .allocate(capacity: capacity), list: .allocate(capacity: capacity), capacity: capacity))
        marks.initialize(repeating: 0, count: capacity)
    }

    deinit {
        marks.deallocate()
        list.deallocate()
        fields.deallocate()
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
