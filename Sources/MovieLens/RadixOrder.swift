/// A permutation of row numbers, refined by one stable sort a key column, least significant column first.
struct RadixOrder {
    private var rows: [UInt32]
    private var scratch: [UInt32]

    /// Counters of one pass fit the first-level cache.
    private static let digitBitsMax = 13

    init(count: Int) {
        rows = (0..<count).map(UInt32.init)
        scratch = rows
    }

    /// Orders the rows by `keys[row]`, ascending; rows with equal keys stay as they are.
    mutating func sort<Key: FixedWidthInteger & SignedInteger>(by keys: [Key]) {
        guard let smallest = keys.min(), let largest = keys.max(), smallest < largest else { return }
        let span = UInt64(bitPattern: Int64(largest) &- Int64(smallest))
        let bits = UInt64.bitWidth - span.leadingZeroBitCount
        let passes = (bits + Self.digitBitsMax - 1) / Self.digitBitsMax
        let digitBits = (bits + passes - 1) / passes
        for pass in 0..<passes {
            distribute(keys, smallest: Int64(smallest), shift: UInt64(pass * digitBits), digitBits: digitBits)
        }
    }

    private mutating func distribute<Key: FixedWidthInteger & SignedInteger>(
        _ keys: [Key], smallest: Int64, shift: UInt64, digitBits: Int
    ) {
        let mask = UInt64(1) << UInt64(digitBits) - 1
        var starts = [UInt32](repeating: 0, count: 1 << digitBits)
        keys.withUnsafeBufferPointer { keys in
            starts.withUnsafeMutableBufferPointer { starts in
                for key in keys { starts[Int(UInt64(bitPattern: Int64(key) &- smallest) >> shift & mask)] += 1 }
                var next: UInt32 = 0
                for digit in starts.indices {
                    let count = starts[digit]
                    starts[digit] = next
                    next += count
                }
                rows.withUnsafeBufferPointer { rows in
                    scratch.withUnsafeMutableBufferPointer { scratch in
                        for row in rows {
                            let digit = Int(UInt64(bitPattern: Int64(keys[Int(row)]) &- smallest) >> shift & mask)
                            scratch[Int(starts[digit])] = row
                            starts[digit] += 1
                        }
                    }
                }
            }
        }
        swap(&rows, &scratch)
    }

    func gather<Value>(_ column: [Value]) -> [Value] {
        column.withUnsafeBufferPointer { column in
            [Value](unsafeUninitializedCapacity: column.count) { gathered, initialized in
                guard let target = gathered.baseAddress else { return }
                for (index, row) in rows.enumerated() { (target + index).initialize(to: column[Int(row)]) }
                initialized = column.count
            }
        }
    }
}
