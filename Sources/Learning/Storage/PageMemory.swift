import Foundation
import Synchronization

/// Memory for the pages of all tables, cut from regions for which the system is asked for its large pages: learning reaches
/// rows all over the tables, and with pages of 4 KB most of them would miss the processor's table of translations.
///
/// What is given back waits for the next page of its size, so a region is kept until the process ends. For any thread.
enum PageMemory {
    private static let regionBytes = 2 << 20
    private static let alignment = 64
    /// Pages above have memory of their own.
    private static let bytesMax = 64 * 1024

    /// Unchecked because it holds pointers: to memory that nobody else knows of while it is here, reached under the lock alone.
    private struct State: @unchecked Sendable {
        var region: UnsafeMutableRawPointer?
        var usedBytes = 0
        /// By size in units of `alignment`: the page given back last, which begins with the address of the one before.
        var free: [UnsafeMutableRawPointer?] = Array(repeating: nil, count: bytesMax / alignment + 1)

        mutating func take(_ size: Int) -> UnsafeMutableRawPointer {
            if let page = free[size] {
                free[size] = page.load(as: UnsafeMutableRawPointer?.self)
                return page
            }
            let byteCount = size * alignment
            let region = region.flatMap { usedBytes + byteCount <= regionBytes ? $0 : nil } ?? makeRegion()
            let page = region + usedBytes
            usedBytes += byteCount
            return page
        }

        mutating func give(_ page: UnsafeMutableRawPointer, _ size: Int) {
            page.storeBytes(of: free[size], as: UnsafeMutableRawPointer?.self)
            free[size] = page
        }

        private mutating func makeRegion() -> UnsafeMutableRawPointer {
            // Twice as much, of which what does not lie on a boundary is given back.
            guard
                let mapped = mmap(
                    nil, 2 * regionBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                mapped != MAP_FAILED
            else {
                // As every allocation of the standard library does: nobody could go on.
                fatalError("out of memory")
            }
            let head = -Int(bitPattern: mapped) & (regionBytes - 1)
            let made = mapped + head
            if head > 0 { munmap(mapped, head) }
            munmap(made + regionBytes, regionBytes - head)
            // A wish: where it is not granted, rows are as far away as they would be.
            _ = madvise(made, regionBytes, MADV_HUGEPAGE)
            region = made
            usedBytes = 0
            return made
        }
    }

    private static let state = Mutex(State())

    /// Aligned to a cache line; whatever was there before.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        if byteCount > bytesMax { return .allocate(byteCount: byteCount, alignment: alignment) }
        return state.withLock { $0.take(size(byteCount)) }
    }

    static func deallocate(_ page: UnsafeMutableRawPointer, byteCount: Int) {
        if byteCount > bytesMax {
            page.deallocate()
        } else {
            state.withLock { $0.give(page, size(byteCount)) }
        }
    }

    private static func size(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment }
}
