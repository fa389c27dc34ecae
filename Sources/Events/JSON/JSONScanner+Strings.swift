/// A JSON string in place: what stands between its quotes.
struct JSONStringToken {
    var start: UnsafePointer<UInt8>
    var count: Int
    var hasEscape: Bool

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}

extension JSONScanner {
    /// Reads the string whose opening quote stands at the cursor, and moves behind its closing quote.
    mutating func string() throws(JSONSyntaxError) -> JSONStringToken {
        cursor += 1
        let first = cursor
        var hasEscape = false
        while true {
            let plain = ByteWord.plainTextCount(word(at: cursor))
            cursor += plain
            if plain == 8 { continue }
            guard cursor < end else { throw failure(.closingQuote) }
            switch cursor.pointee {
            case UInt8(ascii: "\""):
                let token = JSONStringToken(start: first, count: cursor - first, hasEscape: hasEscape)
                cursor += 1
                return token
            case UInt8(ascii: "\\"):
                hasEscape = true
                try skipEscape()
            case 0..<0x20:
                throw failure(.noControlCharacter)
            default:
                let count = UTF8Sequence.count(cursor, end)
                guard count > 0 else { throw failure(.utf8) }
                cursor += count
            }
        }
    }

    private mutating func skipEscape() throws(JSONSyntaxError) {
        guard end - cursor >= 2 else { throw failure(.escape) }
        switch cursor[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            cursor += 2
        case UInt8(ascii: "u"):
            guard let unit = JSONEscape.unit(cursor, end) else { throw failure(.escape) }
            switch unit {
            case 0xD800..<0xDC00:
                guard let low = JSONEscape.unit(cursor + 6, end), 0xDC00..<0xE000 ~= low else {
                    throw failure(.escape)
                }
                cursor += 12
            case 0xDC00..<0xE000:
                throw failure(.escape)
            default:
                cursor += 6
            }
        default:
            throw failure(.escape)
        }
    }
}

/// `\u` escapes.
enum JSONEscape {
    /// The UTF-16 unit of the escape `\uXXXX` at `place`, or nil if none stands there.
    static func unit(_ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt32? {
        guard end - place >= 6, place[0] == UInt8(ascii: "\\"), place[1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt32 = 0
        for index in 2..<6 {
            let byte = place[index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}

/// Well-formed UTF-8 after the Unicode Standard, table 3-7.
enum UTF8Sequence {
    /// Length (1…4) of the sequence at `place`, or 0 if it is ill-formed or cut by `end`.
    static func count(_ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
        let first = place[0]
        let available = end - place
        func isTail(_ index: Int) -> Bool { place[index] & 0xC0 == 0x80 }
        switch first {
        case 0x00...0x7F:
            return 1
        case 0xC2...0xDF:
            return available >= 2 && isTail(1) ? 2 : 0
        case 0xE0...0xEF:
            guard available >= 3, isTail(1), isTail(2) else { return 0 }
            if first == 0xE0 && place[1] < 0xA0 { return 0 }
            if first == 0xED && place[1] > 0x9F { return 0 }
            return 3
        case 0xF0...0xF4:
            guard available >= 4, isTail(1), isTail(2), isTail(3) else { return 0 }
            if first == 0xF0 && place[1] < 0x90 { return 0 }
            if first == 0xF4 && place[1] > 0x8F { return 0 }
            return 4
        default:
            return 0
        }
    }
}
