/// Where and why a text stops being JSON. Trivial, so that throwing it costs nothing.
struct JSONSyntaxError: Error, Equatable {
    enum Expectation: UInt8 {
        case object, key, colon, commaOrEnd, value, digit, closingQuote, escape, noControlCharacter, utf8, lessNesting
        case endOfDocument
    }

    var expectation: Expectation
    /// Byte offset in the document.
    var position: Int
}

/// A strict reader of RFC 8259 text over borrowed bytes: it moves a cursor and never allocates.
///
/// It takes nothing that a strict JSON parser would refuse: strings must be UTF-8 with paired surrogates, numbers
/// must follow the grammar. The bytes need no padding.
struct JSONScanner {
    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var cursor: UnsafePointer<UInt8>

    /// `bytes` must not be empty and must outlive the scanner.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return nil }
        start = base.assumingMemoryBound(to: UInt8.self)
        end = start + bytes.count
        cursor = start
    }

    var position: Int { cursor - start }

    /// The byte at the cursor, or 0 at the end: no JSON token begins with 0.
    @inline(__always)
    var byte: UInt8 { cursor < end ? cursor.pointee : 0 }

    func failure(_ expectation: JSONSyntaxError.Expectation) -> JSONSyntaxError {
        JSONSyntaxError(expectation: expectation, position: position)
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while cursor < end, JSONScanner.isWhitespace(cursor.pointee) { cursor += 1 }
    }

    @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The eight bytes at `place`, first byte lowest, with zeros for those beyond the end.
    @inline(__always)
    func word(at place: UnsafePointer<UInt8>) -> UInt64 {
        if end - place >= 8 { return ByteWord.load(place) }
        return ByteWord.load(place, count: end - place)
    }

    /// Moves over `text` if it stands at the cursor.
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard end - cursor >= count else { return false }
        for index in 0..<count where cursor[index] != text.utf8Start[index] { return false }
        cursor += count
        return true
    }
}
