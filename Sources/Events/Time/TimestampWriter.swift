/// Writes milliseconds since 1970 as RFC 3339, UTC, with milliseconds: 24 bytes like `2001-01-01T22:12:40.000Z`.
///
/// The date part is kept from call to call, since neighbouring timestamps mostly share their day.
struct TimestampWriter {
    static let byteCount = 24
    /// The years 0000 to 9999, beyond which the format has no digits; a time outside is moved to the nearer end.
    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999
    private static let millisecondsPerDay: Int64 = 86_400_000

    private var day: Int64 = .min
    /// `2001-01-` and `01T`, first byte lowest.
    private var dateHead: UInt64 = 0
    private var dateTail: UInt32 = 0

    /// Writes the timestamp with its quotes, 26 bytes, to `place`.
    @inline(__always)
    mutating func writeQuoted(_ milliseconds: Int64, to place: UnsafeMutablePointer<UInt8>) {
        place[0] = UInt8(ascii: "\"")
        write(milliseconds, to: place + 1)
        place[TimestampWriter.byteCount + 1] = UInt8(ascii: "\"")
    }

    @inline(__always)
    mutating func write(_ milliseconds: Int64, to place: UnsafeMutablePointer<UInt8>) {
        let milliseconds = min(max(milliseconds, TimestampWriter.range.lowerBound), TimestampWriter.range.upperBound)
        // Shifted by whole days, so that the division of a time before 1970 rounds down as well.
        let shifted = milliseconds + 719_528 * TimestampWriter.millisecondsPerDay
        let day = shifted / TimestampWriter.millisecondsPerDay
        if day != self.day { keepDate(of: day) }
        let ofDay = UInt32(truncatingIfNeeded: shifted - day * TimestampWriter.millisecondsPerDay)
        let seconds = ofDay / 1000
        let minutes = seconds / 60

        let raw = UnsafeMutableRawPointer(place)
        raw.storeBytes(of: dateHead.littleEndian, as: UInt64.self)
        raw.storeBytes(of: dateTail.littleEndian, toByteOffset: 8, as: UInt32.self)
        DecimalDigits.writePair(minutes / 60, to: place + 11)
        place[13] = UInt8(ascii: ":")
        DecimalDigits.writePair(minutes % 60, to: place + 14)
        place[16] = UInt8(ascii: ":")
        DecimalDigits.writePair(seconds % 60, to: place + 17)
        place[19] = UInt8(ascii: ".")
        let fraction = ofDay % 1000
        place[20] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / 100)
        DecimalDigits.writePair(fraction % 100, to: place + 21)
        place[23] = UInt8(ascii: "Z")
    }

    @inline(never)
    private mutating func keepDate(of day: Int64) {
        self.day = day
        let date = CivilDate(daysSince1970: Int(day) - 719_528)
        var text: (UInt64, UInt32) = (0, 0)
        withUnsafeMutableBytes(of: &text) { bytes in
            let place = bytes.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped
            DecimalDigits.writePair(UInt32(date.year / 100), to: place)
            DecimalDigits.writePair(UInt32(date.year % 100), to: place + 2)
            place[4] = UInt8(ascii: "-")
            DecimalDigits.writePair(UInt32(date.month), to: place + 5)
            place[7] = UInt8(ascii: "-")
            DecimalDigits.writePair(UInt32(date.day), to: place + 8)
            place[10] = UInt8(ascii: "T")
        }
        dateHead = UInt64(littleEndian: text.0)
        dateTail = UInt32(littleEndian: text.1)
    }
}
