/// Rows of a fixed number of bytes in pages, with copy-on-write snapshots.
///
/// One thread at a time writes in place. `snapshot()` shares all pages with whoever holds the result; from
/// then on the first write to a page copies that page, so a checkpoint or a reader sees the rows exactly as they
/// were, at the price of the pages that change meanwhile. Each page is stamped with the number of snapshots that were
/// taken before it last began to change, so what changed since a snapshot can be told page by page, at no cost to a
/// write: only a page's first write after a snapshot passes here.
///
/// Row access is O(1); `append` is amortised O(1); `snapshot` is O(pages). Not for rows of varying size.
public final class PagedRows {
    public let rowBytes: Int
    @usableFromInline let rowShift: Int
    @usableFromInline let rowMask: Int

    @usableFromInline struct Fields {
        @usableFromInline var count = 0
        /// The pages' memory, so that reaching a row costs one load and no retain.
        @usableFromInline var pageBases: UnsafeMutablePointer<UnsafeMutableRawPointer>
        /// 1 where a snapshot may still see the page.
        @usableFromInline var pageIsShared: UnsafeMutablePointer<UInt8>
    }

    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use, and that costs
    /// as much as the work.
    @usableFromInline let fields: UnsafeMutablePointer<Fields>
    private var pages: [Page] = []
    /// By page: `snapshotCount` when it was added, or first written to after a snapshot.
    private var stamps: [UInt64] = []
    private var snapshotCount: UInt64 = 0
    private var pageCapacity: Int

    /// Rows ever appended; a row is never given back, its owner reuses it.
    @inlinable public var count: Int { fields.pointee.count }
    private var pageBases: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        get { fields.pointee.pageBases }
        set { fields.pointee.pageBases = newValue }
    }
    private var pageIsShared: UnsafeMutablePointer<UInt8> {
        get { fields.pointee.pageIsShared }
        set { fields.pointee.pageIsShared = newValue }
    }

    /// Small, because the first write to a row after a snapshot copies its page, and of many users each rates seldom.
    private static let pageBytesWanted = 4 * 1024

    public init(rowBytes: Int) {
        precondition(rowBytes > 0)
        self.rowBytes = rowBytes
        var shift = 0
        while rowBytes << (shift + 1) <= Self.pageBytesWanted { shift += 1 }
        rowShift = shift
        rowMask = (1 << shift) - 1
        pageCapacity = 16
        fields = .allocate(capacity: 1)
        fields.initialize(
            to: Fields(
                pageBases: .allocate(capacity: pageCapacity), pageIsShared: .allocate(capacity: pageCapacity)))
    }

    deinit {
        pageBases.deallocate()
        pageIsShared.deallocate()
        fields.deallocate()
    }

    /// Adds a row of zeros and returns its number.
    public func append() -> UInt32 {
        if count & rowMask == 0 { appendPage() }
        let row = count
        fields.pointee.count += 1
        return UInt32(row)
    }

    /// The row's bytes, valid until the next write to a row of the same page.
    @inlinable @inline(__always)
    public func row(_ row: UInt32) -> UnsafeRawPointer {
        assert(Int(row) < count)
        return UnsafeRawPointer(fields.pointee.pageBases[Int(row) &>> rowShift]) + (Int(row) & rowMask) &* rowBytes
    }

    /// The row's bytes to write to; copies the page first when a snapshot shares it.
    @inlinable @inline(__always)
    public func mutableRow(_ row: UInt32) -> UnsafeMutableRawPointer {
        assert(Int(row) < count)
        let page = Int(row) &>> rowShift
        if fields.pointee.pageIsShared[page] != 0 { unshare(page) }
        return fields.pointee.pageBases[page] + (Int(row) & rowMask) &* rowBytes
    }

    /// Where rows are, to be kept where many tables are chosen from: reaching one by this retains nothing. Valid as long as
    /// the table.
    var places: RowPlaces { RowPlaces(fields: fields, rowShift: rowShift, rowMask: rowMask, rowBytes: rowBytes) }

    struct RowPlaces {
        fileprivate let fields: UnsafeMutablePointer<Fields>
        fileprivate let rowShift: Int
        fileprivate let rowMask: Int
        fileprivate let rowBytes: Int

        /// As `PagedRows.row`.
        @inline(__always)
        func row(_ row: UInt32) -> UnsafeMutableRawPointer {
            fields.pointee.pageBases[Int(row) &>> rowShift] + (Int(row) & rowMask) &* rowBytes
        }

        /// Whether a snapshot may see the row, so that it is not to be written to.
        @inline(__always)
        func isShared(_ row: UInt32) -> Bool { fields.pointee.pageIsShared[Int(row) &>> rowShift] != 0 }
    }

    /// All rows as they are now; O(pages).
    public func snapshot() -> PagedRowsSnapshot {
        pageIsShared.update(repeating: 1, count: pages.count)
        snapshotCount += 1
        return PagedRowsSnapshot(
            number: snapshotCount, pages: pages, stamps: stamps, count: count, rowBytes: rowBytes, rowShift: rowShift)
    }

    /// Takes the rows of a snapshot of another table with as wide rows, sharing its pages: O(pages). What it held is given
    /// up.
    func share(_ snapshot: PagedRowsSnapshot) {
        precondition(snapshot.rowBytes == rowBytes)
        removeAll()
        while pageCapacity < snapshot.pages.count { enlarge() }
        pages = snapshot.pages
        stamps = Array(repeating: snapshotCount, count: pages.count)
        for (number, page) in pages.enumerated() { pageBases[number] = page.base }
        pageIsShared.update(repeating: 1, count: pages.count)
        fields.pointee.count = snapshot.count
    }

    /// The bytes that follow each other in one page: whole rows.
    var pageBytes: Int { rowBytes << rowShift }

    /// Adds rows of zeros until there are `count`.
    func grow(to count: Int) {
        while pages.count << rowShift < count { appendPage() }
        fields.pointee.count = max(self.count, count)
    }

    /// Puts bytes down at `offset` of the table, row 0 being at 0; the rows must be there.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        precondition(offset >= 0 && offset + bytes.count <= count * rowBytes, "within the table")
        var done = 0
        while done < bytes.count {
            let (page, inPage) = (offset + done).quotientAndRemainder(dividingBy: pageBytes)
            let part = min(bytes.count - done, pageBytes - inPage)
            if pageIsShared[page] != 0 { unshare(page) }
            UnsafeMutableRawBufferPointer(start: pageBases[page] + inPage, count: part).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[done..<(done + part)]))
            done += part
        }
    }

    /// Gives all rows back. Snapshots keep theirs.
    public func removeAll() {
        pages.removeAll()
        stamps.removeAll()
        fields.pointee.count = 0
    }

    /// Memory held, in bytes.
    public var byteCount: Int { pages.count * (rowBytes << rowShift) }

    private func appendPage() {
        if pages.count == pageCapacity { enlarge() }
        let page = Page(byteCount: rowBytes << rowShift)
        pageBases[pages.count] = page.base
        pageIsShared[pages.count] = 0
        pages.append(page)
        stamps.append(snapshotCount)
    }

    private func enlarge() {
        let larger = pageCapacity * 2
        let bases = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: larger)
        let shared = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        bases.update(from: pageBases, count: pages.count)
        shared.update(from: pageIsShared, count: pages.count)
        pageBases.deallocate()
        pageIsShared.deallocate()
        pageBases = bases
        pageIsShared = shared
        pageCapacity = larger
    }

    @usableFromInline @inline(never)
    func unshare(_ page: Int) {
        // When the snapshot is gone already, the page is ours again without a copy.
        if !isKnownUniquelyReferenced(&pages[page]) {
            pages[page] = Page(copyOf: pages[page])
            pageBases[page] = pages[page].base
        }
        pageIsShared[page] = 0
        stamps[page] = snapshotCount
    }
}
