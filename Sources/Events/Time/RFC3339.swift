/// Reads RFC 3339 timestamps.
enum RFC3339 {
    /// Milliseconds since 1970 of a text like `2001-01-01T00:12:40.5+02:00`, or nil if it is none.
    ///
    /// `T` may be a small letter or a space and `Z` a small letter, as RFC 3339 (5.6) lets applications accept. A
    /// fraction may have any number of digits; those after the third are dropped. A leap second (`:60`) counts as
    /// the first instant of the next minute. Years 0000 to 9999.
    static func milliseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count >= 20, let base = text.baseAddress else { return nil }
        let digits = base.assumingMemoryBound(to: UInt8.self)
        // "2001-01-01T00:12:40" with its separators at 4, 7, 10, 13 and 16.
        guard let century = pair(digits), let yearOfCentury = pair(digits + 2), let month = pair(digits + 5),
            let day = pair(digits + 8), let hour = pair(digits + 11), let minute = pair(digits + 14),
            let second = pair(digits + 17)
        else { return nil }
        let isDateSeparated = digits[4] == UInt8(ascii: "-") && digits[7] == UInt8(ascii: "-")
        let isTimeSeparated = digits[13] == UInt8(ascii: ":") && digits[16] == UInt8(ascii: ":")
        let isJoined = digits[10] | 0x20 == UInt8(ascii: "t") || digits[10] == UInt8(ascii: " ")
        guard isDateSeparated, isTimeSeparated, isJoined else { return nil }
        let year = century * 100 + yearOfCentury
        guard 1...12 ~= month, day >= 1, day <= CivilDate.daysInMonth(month, year: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }

        var index = 19
        guard let fraction = fraction(text, &index), let offsetMinutes = offset(text, index) else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let minutes = (days * 24 + hour) * 60 + minute - offsetMinutes
        return Int64((minutes * 60 + second) * 1000 + fraction)
    }

    @inline(__always)
    private static func pair(_ place: UnsafePointer<UInt8>) -> Int? {
        let tens = place[0] &- UInt8(ascii: "0")
        let units = place[1] &- UInt8(ascii: "0")
        guard tens < 10, units < 10 else { return nil }
        return Int(tens) * 10 + Int(units)
    }

    /// Milliseconds of an optional fraction at `index`, which moves behind it.
    private static func fraction(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int? {
        guard text[index] == UInt8(ascii: ".") else { return 0 }
        let first = index + 1
        index = first
        var milliseconds = 0
        var weight = 100
        while index < text.count, JSONScanner.isDigit(text[index]) {
            milliseconds += weight * Int(text[index] & 0x0F)
            weight /= 10
            index += 1
        }
        return index > first ? milliseconds : nil
    }

    /// Minutes that local time is ahead of UTC; the offset must end the text.
    private static func offset(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        guard index < text.count else { return nil }
        let sign = text[index]
        if sign | 0x20 == UInt8(ascii: "z") { return index + 1 == text.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count == index + 6,
            text[index + 3] == UInt8(ascii: ":"), let base = text.baseAddress
        else { return nil }
        let digits = base.assumingMemoryBound(to: UInt8.self) + index
        guard let hours = pair(digits + 1), let minutes = pair(digits + 4), hours < 24, minutes < 60 else {
            return nil
        }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
    }
}
