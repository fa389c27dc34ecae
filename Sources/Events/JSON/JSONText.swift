/// Strings between JSON's escaped form and plain UTF-8.
enum JSONText {
    /// The plain text of a token that `JSONScanner` has checked. Allocates.
    static func unescaped(_ token: JSONStringToken) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(token.count)
        var place = token.start
        let end = token.start + token.count
        while place < end {
            guard place[0] == UInt8(ascii: "\\") else {
                plain.append(place[0])
                place += 1
                continue
            }
            switch place[1] {
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "u"):
                place += appendScalar(at: place, end, to: &plain)
                continue
            default: plain.append(place[1])
            }
            place += 2
        }
        return plain
    }

    /// Decodes one `\uXXXX` or a pair of them, and returns how many bytes of text it took.
    private static func appendScalar(
        at place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to plain: inout [UInt8]
    ) -> Int {
        guard var value = JSONEscape.unit(place, end) else { return 2 }
        var count = 6
        if 0xD800..<0xDC00 ~= value, let low = JSONEscape.unit(place + 6, end) {
            // UTF-16: the high surrogate carries the upper ten bits above 0x10000.
            value = 0x10000 + (value - 0xD800) << 10 + (low & 0x3FF)
            count = 12
        }
        plain.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
        return count
    }

    /// Appends `text` as the body of a JSON string: quotes, backslashes and control characters escaped.
    static func appendEscaped(_ text: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var first = 0
        for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            buffer.append(UnsafeRawBufferPointer(rebasing: text[first..<index]))
            appendEscape(of: byte, to: buffer)
            first = index + 1
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: text[first...]))
    }

    private static func appendEscape(of byte: UInt8, to buffer: ByteBuffer) {
        switch byte {
        case 0x08: buffer.append("\\b")
        case 0x09: buffer.append("\\t")
        case 0x0A: buffer.append("\\n")
        case 0x0C: buffer.append("\\f")
        case 0x0D: buffer.append("\\r")
        case 0x22: buffer.append("\\\"")
        case 0x5C: buffer.append("\\\\")
        default:
            buffer.append("\\u00")
            for digit in [byte >> 4, byte & 0x0F] {
                buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}

/// The body of the JSON string that says `text`, without its quotes, as `RecommendationListEncoder` takes titles.
///
/// Quotes, backslashes and control characters are escaped, all else stays UTF-8. Meant to be called once a title
/// and kept.
public func escapedJSONBody(of text: String) -> [UInt8] {
    var text = text
    let buffer = ByteBuffer(capacity: text.utf8.count + 64)
    text.withUTF8 { JSONText.appendEscaped(UnsafeRawBufferPointer($0), to: buffer) }
    return Array(buffer.bytes)
}
