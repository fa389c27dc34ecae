/// Decimal digits of integers, two at a time.
enum DecimalDigits {
    /// Most bytes that an `Int64` takes.
    static let byteCountMax = 20

    private static let pairs: StaticString = """
        00010203040506070809101112131415161718192021222324252627282930313233343536373839\
        40414243444546474849505152535455565758596061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """

    /// Writes `value`, 0…99, as two digits.
    @inline(__always)
    static func writePair(_ value: UInt32, to place: UnsafeMutablePointer<UInt8>) {
        let pair = UnsafeRawPointer(pairs.utf8Start + 2 * Int(value)).loadUnaligned(as: UInt16.self)
        UnsafeMutableRawPointer(place).storeBytes(of: pair, as: UInt16.self)
    }

    /// Number of digits of `value`.
    @inline(__always)
    static func count(_ value: UInt64) -> Int {
        if value < 10 { return 1 }
        if value < 100 { return 2 }
        if value < 1000 { return 3 }
        if value < 10_000 { return 4 }
        return 4 + (value < 100_000_000 ? count(below10000: value / 10_000) : count(large: value / 10_000))
    }

    @inline(__always)
    private static func count(below10000 value: UInt64) -> Int {
        value < 100 ? (value < 10 ? 1 : 2) : (value < 1000 ? 3 : 4)
    }

    private static func count(large value: UInt64) -> Int {
        var count = 0
        var rest = value
        while rest > 0 {
            rest /= 10
            count += 1
        }
        return count
    }

    /// Writes `value` and returns how many bytes that took.
    @inline(__always)
    static func write(_ value: UInt64, to place: UnsafeMutablePointer<UInt8>) -> Int {
        let count = count(value)
        writePadded(value, count: count, to: place)
        return count
    }

    /// Writes the lowest `count` digits of `value`, zeros in front.
    @inline(__always)
    static func writePadded(_ value: UInt64, count: Int, to place: UnsafeMutablePointer<UInt8>) {
        var rest = value
        var index = count
        while index >= 2 {
            index -= 2
            writePair(UInt32(truncatingIfNeeded: rest % 100), to: place + index)
            rest /= 100
        }
        if index == 1 { place[0] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10) }
    }

    @inline(__always)
    static func write(_ value: Int64, to place: UnsafeMutablePointer<UInt8>) -> Int {
        if value >= 0 { return write(UInt64(value), to: place) }
        place[0] = UInt8(ascii: "-")
        return 1 + write(value.magnitude, to: place + 1)
    }
}

extension ByteBuffer {
    /// Appends the decimal digits of `value`, as record keys and JSON have them.
    public func appendDecimal(_ value: Int64) {
        advance(by: DecimalDigits.write(value, to: reserve(DecimalDigits.byteCountMax)))
    }
}
