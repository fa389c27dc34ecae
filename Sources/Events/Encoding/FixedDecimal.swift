/// Floats as decimals with a fixed number of places, correctly rounded.
enum FixedDecimal {
    /// Most bytes that `write` takes: sign, 39 digits, point, places.
    static let byteCountMax = 48

    /// Writes `value` with `places` (1…5) decimals, or `null` if it is not finite: JSON has no word for that.
    ///
    /// A float has 24 significant bits and 10^5 has 12 beside its power of two, so the product is exact in a double
    /// and rounding it once, ties to even as C's `printf` does, is correct. A zero carries no sign.
    @inline(__always)
    static func write(_ value: Float, places: Int, to place: UnsafeMutablePointer<UInt8>) -> Int {
        let scale: UInt64 = places == 2 ? 100 : power(places)
        let scaled = (Double(value) * Double(scale)).rounded(.toNearestOrEven)
        // False for NaN and the infinities, too.
        guard scaled.magnitude < 1e18 else { return writeRare(value, places: places, to: place) }
        var count = 0
        if scaled < 0 {
            place[0] = UInt8(ascii: "-")
            count = 1
        }
        let magnitude = UInt64(scaled.magnitude)
        count += DecimalDigits.write(magnitude / scale, to: place + count)
        place[count] = UInt8(ascii: ".")
        DecimalDigits.writePadded(magnitude % scale, count: places, to: place + count + 1)
        return count + 1 + places
    }

    @inline(__always)
    private static func power(_ places: Int) -> UInt64 {
        var power: UInt64 = 1
        for _ in 0..<places { power *= 10 }
        return power
    }

    /// Floats so large that they are integers, and those that are no number.
    @inline(never)
    private static func writeRare(_ value: Float, places: Int, to place: UnsafeMutablePointer<UInt8>) -> Int {
        var text = "null"
        if value.isFinite {
            let sign = value < 0 ? "-" : ""
            text = sign + String(UInt128(value.magnitude)) + "." + String(repeating: "0", count: places)
        }
        for (index, byte) in text.utf8.enumerated() { place[index] = byte }
        return text.utf8.count
    }
}
