import CVectorKernels

/// Rows that are written together or, if one of them is refused, not at all.
public struct UpsertBatch {
    public var items: UnsafePointer<UInt32>
    public var ids: UnsafePointer<Int64>
    /// `[count x dimension]` floats.
    public var vectors: UnsafePointer<Float>
    /// All 0 if nil.
    public var offsets: UnsafePointer<Float>?
    public var count: Int

    public init(
        items: UnsafePointer<UInt32>, ids: UnsafePointer<Int64>, vectors: UnsafePointer<Float>,
        offsets: UnsafePointer<Float>?, count: Int
    ) {
        self.items = items
        self.ids = ids
        self.vectors = vectors
        self.offsets = offsets
        self.count = count
    }
}

/// Finds what is wrong with a batch before anything is written. Allocates nothing once it has grown.
struct BatchCheck: ~Copyable {
    /// Items seen, in places that their number chooses (open addressing); what no item is where none was.
    private var seen = ScratchBuffer<UInt32>()

    mutating func check(_ batch: UpsertBatch, dimension: Int) throws(IndexError) {
        guard batch.count >= 0 else { throw .queryCountOutOfRange(got: batch.count) }
        for at in 0..<batch.count {
            guard batch.items[at] <= IndexLimits.itemMax else {
                throw .itemOutOfRange(got: batch.items[at], max: IndexLimits.itemMax)
            }
            guard batch.offsets?[at].isFinite ?? true else { throw .vectorNotFinite(item: batch.items[at]) }
        }
        if !mq_all_finite(batch.vectors, batch.count * dimension) {
            for at in 0..<batch.count where !mq_all_finite(batch.vectors + at * dimension, dimension) {
                throw .vectorNotFinite(item: batch.items[at])
            }
        }
        if let twice = duplicate(batch) { throw .duplicateItem(twice) }
    }

    /// An item that stands in the batch twice.
    private mutating func duplicate(_ batch: UpsertBatch) -> UInt32? {
        var bits = 4
        while 1 << bits < 2 * batch.count { bits += 1 }
        seen.reserve(1 << bits)
        let places = seen.base
        places.update(repeating: .max, count: 1 << bits)
        for at in 0..<batch.count {
            let item = batch.items[at]
            // Fibonacci hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4).
            var place = Int((item &* 2_654_435_769) >> UInt32(32 - bits))
            while places[place] != .max {
                if places[place] == item { return item }
                place = (place + 1) & (1 << bits - 1)
            }
            places[place] = item
        }
        return nil
    }
}
