/// The rows of a `PagedRows` as they were at one moment; may be read on any thread.
public struct PagedRowsSnapshot: Sendable {
    /// How many snapshots the table had given by then, this one included; never 0.
    public let number: UInt64
    let pages: [Page]
    let stamps: [UInt64]
    public let count: Int
    public let rowBytes: Int
    let rowShift: Int

    /// Valid as long as the snapshot is alive.
    public func row(_ row: Int) -> UnsafeRawPointer {
        precondition(row < count)
        return UnsafeRawPointer(pages[row >> rowShift].base) + (row & ((1 << rowShift) - 1)) * rowBytes
    }

    /// All rows' bytes.
    public var byteCount: Int { count * rowBytes }

    /// The bytes of the pages that changed since snapshot `number` of the same table; since 0, all.
    public func byteCount(changedSince number: UInt64) -> Int {
        var bytes = 0
        for page in pages.indices where stamps[page] >= number { bytes += pageRange(page).count }
        return bytes
    }

    /// Calls `body` with the bytes of each page that changed since snapshot `number` of the same table, and where they
    /// begin if row 0 begins at 0; in that order. Since 0, with all pages.
    public func forEachPage(
        changedSince number: UInt64, _ body: (_ offset: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        for page in pages.indices where stamps[page] >= number {
            let range = pageRange(page)
            try body(range.lowerBound, UnsafeRawBufferPointer(start: pages[page].base, count: range.count))
        }
    }

    /// The table's bytes that a page holds, without the room behind the last row.
    private func pageRange(_ page: Int) -> Range<Int> {
        let pageBytes = rowBytes << rowShift
        return (page * pageBytes)..<min((page + 1) * pageBytes, byteCount)
    }
}

/// The memory of some rows.
///
/// `@unchecked Sendable`: a page is written only while its `PagedRows` holds the sole reference, which
/// `isKnownUniquelyReferenced` proves; as soon as a snapshot on another thread holds one too it is immutable.
final class Page: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        base = PageMemory.allocate(byteCount: byteCount)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    init(copyOf other: Page) {
        byteCount = other.byteCount
        base = PageMemory.allocate(byteCount: byteCount)
        base.copyMemory(from: other.base, byteCount: byteCount)
    }

    deinit { PageMemory.deallocate(base, byteCount: byteCount) }
}
