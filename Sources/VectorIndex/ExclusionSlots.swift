/// The excluded slots of some queries, sorted by the segment in which they lie.
struct ExclusionSlots: ~Copyable {
    private var slots = ScratchBuffer<UInt32>()
    private var unsorted = ScratchBuffer<UInt32>()
    /// `[queries][segments + 1]`: where a query's slots of a segment begin.
    private var starts = ScratchBuffer<Int>()
    private var segmentCount = 0
    private var segmentShift = 0

    /// Resolves the lists of excluded items, dropping items that are not in the index. O(exclusions + segments).
    ///
    /// - Parameters:
    ///   - lists: One a query.
    ///   - segmentShift: A segment is 2^segmentShift rows.
    mutating func resolve(
        _ lists: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>, map: borrowing ItemMap,
        segmentCount: Int, segmentShift: Int
    ) {
        self.segmentCount = segmentCount
        self.segmentShift = segmentShift
        var total = 0
        var longest = 0
        for list in lists {
            total += list.count
            longest = max(longest, list.count)
        }
        slots.reserve(total)
        unsorted.reserve(longest)
        starts.reserve(lists.count * (segmentCount + 1))
        var next = 0
        var starts = self.starts.base
        for list in lists {
            next = resolve(list, map: map, first: next, starts: starts)
            starts += segmentCount + 1
        }
    }

    /// The slots of a query in a segment.
    @inline(__always)
    func slots(of query: Int, segment: Int) -> UnsafeBufferPointer<UInt32> {
        let starts = starts.base + (query * (segmentCount + 1) + segment)
        return UnsafeBufferPointer(start: slots.base + starts[0], count: starts[1] - starts[0])
    }

    /// Counting sort of one list by segment; returns where the next list's slots go.
    private mutating func resolve(
        _ items: UnsafeBufferPointer<UInt32>, map: borrowing ItemMap, first: Int, starts: UnsafeMutablePointer<Int>
    ) -> Int {
        let known = segmentCount == 1 ? slots.base + first : unsorted.base
        var knownCount = 0
        for item in items {
            let slot = map[item]
            known[knownCount] = slot
            knownCount += slot != ItemMap.none ? 1 : 0
        }
        if segmentCount == 1 {
            starts[0] = first
            starts[1] = first + knownCount
            return first + knownCount
        }
        starts.update(repeating: 0, count: segmentCount + 1)
        for i in 0..<knownCount { starts[Int(known[i]) >> segmentShift] += 1 }
        var end = first
        for segment in 0..<segmentCount {
            end += starts[segment]
            starts[segment] = end
        }
        starts[segmentCount] = end
        // From the ends downwards, after which each start is where it belongs.
        for i in 0..<knownCount {
            let segment = Int(known[i]) >> segmentShift
            starts[segment] -= 1
            slots.base[starts[segment]] = known[i]
        }
        return end
    }
}
