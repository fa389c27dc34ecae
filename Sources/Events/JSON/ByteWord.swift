/// Eight bytes handled as one integer, first byte lowest (SWAR, "SIMD within a register").
///
/// The masks follow Anderson, "Bit Twiddling Hacks" (zero byte, byte less than n): their lowest marked byte is
/// exact, those above it may be marked wrongly by a carry. So only the lowest mark is ever used.
enum ByteWord {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    static func load(_ place: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(place).loadUnaligned(as: UInt64.self))
    }

    /// The first `count` (0…8) bytes, zeros above them; reads no byte beyond them.
    @inline(__always)
    static func load(_ place: UnsafePointer<UInt8>, count: Int) -> UInt64 {
        let raw = UnsafeRawPointer(place)
        if count >= 8 { return load(place) }
        if count >= 4 {
            // Two loads that overlap; where they do, both hold the same byte, so "or" is right.
            let low = UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
            let high = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
            return low | high &<< UInt64(8 * (count - 4))
        }
        if count <= 0 { return 0 }
        let middle = count >> 1
        return UInt64(place[0]) | UInt64(place[middle]) &<< UInt64(8 * middle)
            | UInt64(place[count - 1]) &<< UInt64(8 * (count - 1))
    }

    /// Text of up to eight ASCII characters as a word; folded into a constant by the compiler.
    @inline(__always)
    static func text(
        _ a: Unicode.Scalar, _ b: Unicode.Scalar, _ c: Unicode.Scalar, _ d: Unicode.Scalar = "\0",
        _ e: Unicode.Scalar = "\0", _ f: Unicode.Scalar = "\0", _ g: Unicode.Scalar = "\0",
        _ h: Unicode.Scalar = "\0"
    ) -> UInt64 {
        let low = UInt64(a.value) | UInt64(b.value) << 8 | UInt64(c.value) << 16 | UInt64(d.value) << 24
        let high = UInt64(e.value) | UInt64(f.value) << 8 | UInt64(g.value) << 16 | UInt64(h.value) << 24
        return low | high << 32
    }

    /// The lowest `count` (0…8) bytes of `word`.
    @inline(__always)
    static func prefix(_ word: UInt64, _ count: Int) -> UInt64 {
        count >= 8 ? word : word & ((1 &<< UInt64(8 * count)) &- 1)
    }

    /// How many bytes (0…8) come before the first quote, backslash, control character or non-ASCII byte.
    @inline(__always)
    static func plainTextCount(_ word: UInt64) -> Int {
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let isQuote = (quote &- ones) & ~quote
        let isBackslash = (backslash &- ones) & ~backslash
        let isControl = (word &- ones &* 0x20) & ~word
        return ((isQuote | isBackslash | isControl | word) & highs).trailingZeroBitCount >> 3
    }

    /// How many bytes (0…8) come before the first that is not an ASCII digit.
    @inline(__always)
    static func digitCount(_ word: UInt64) -> Int {
        let values = word ^ (ones &* 0x30)
        return (((values &+ ones &* 0x76) | values) & highs).trailingZeroBitCount >> 3
    }

    /// The number that the first `count` (1…8) bytes of `word` spell; they must be digits.
    @inline(__always)
    static func decimal(_ word: UInt64, count: Int) -> UInt64 {
        // Digits move to the top, so that the zeros that come in below count as leading ones.
        var value = (word ^ (ones &* 0x30)) &<< UInt64(64 - 8 * count)
        value = (value &* 10 &+ (value >> 8)) & 0x00FF_00FF_00FF_00FF
        value = (value &* 100 &+ (value >> 16)) & 0x0000_FFFF_0000_FFFF
        value = (value &* 10_000 &+ (value >> 32)) & 0x0000_0000_FFFF_FFFF
        return value
    }
}
