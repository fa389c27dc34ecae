import Foundation
import Testing

@testable import Learning

struct PageMemoryTests {
    @Test(arguments: [8, 64, 100, 4096, 65_536, 65_537, 300_000])
    func `Pages of one size do not overlap, and what is given back is used again`(byteCount: Int) {
        func take(_ count: Int) -> [UnsafeMutableRawPointer] {
            (0..<count).map { number in
                let page = PageMemory.allocate(byteCount: byteCount)
                page.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: byteCount)
                return page
            }
        }
        let pages = take(100)
        for (number, page) in pages.enumerated() {
            #expect(UInt(bitPattern: page) % 64 == 0)
            #expect(UnsafeRawBufferPointer(start: page, count: byteCount).allSatisfy { $0 == number })
        }
        for page in pages.reversed() { PageMemory.deallocate(page, byteCount: byteCount) }
        let others = take(200)
        for (number, page) in others.enumerated() {
            #expect(UnsafeRawBufferPointer(start: page, count: byteCount).allSatisfy { $0 == number })
        }
        for page in others { PageMemory.deallocate(page, byteCount: byteCount) }
    }

    @Test
    func `Threads take and give at once`() {
        DispatchQueue.concurrentPerform(iterations: 4) { number in
            for round in 0..<200 {
                let sizes = (1...20).map { 200 * $0 + round }
                let pages = sizes.map { PageMemory.allocate(byteCount: $0) }
                for (page, size) in zip(pages, sizes) {
                    page.initializeMemory(as: UInt8.self, repeating: UInt8(number), count: size)
                }
                for (page, size) in zip(pages, sizes) {
                    #expect(UnsafeRawBufferPointer(start: page, count: size).allSatisfy { $0 == number })
                    PageMemory.deallocate(page, byteCount: size)
                }
            }
        }
    }
}
