/// The fast pass over a rating: JSON with unescaped keys in any order and any whitespace, plain integers, ratings
/// with one decimal at most.
///
/// It returns false on anything else and never says what is wrong: the careful pass reads the record again. What it
/// does take, the careful pass takes too and reads the same, which the tests check on random documents.
struct RatingScan {
    private var scanner: JSONScanner
    /// Bit per field already seen: a duplicate is left to the careful pass.
    private var seen: UInt32 = 0

    private enum Seen {
        static let userID: UInt32 = 1
        static let movieID: UInt32 = 2
        static let rating: UInt32 = 4
        static let eventTime: UInt32 = 8
        static let operation: UInt32 = 16
        static let eventID: UInt32 = 32
        static let schemaVersion: UInt32 = 64
    }

    private enum Key {
        static var userID: UInt64 { ByteWord.text("u", "s", "e", "r", "_", "i", "d", "\"") }
        static var movieID: UInt64 { ByteWord.text("m", "o", "v", "i", "e", "_", "i", "d") }
        static var rating: UInt64 { ByteWord.text("r", "a", "t", "i", "n", "g", "\"") }
        static var eventTime: UInt64 { ByteWord.text("e", "v", "e", "n", "t", "_", "t", "i") }
        static var eventTimeEnd: UInt64 { ByteWord.text("m", "e", "\"") }
        static var eventID: UInt64 { ByteWord.text("e", "v", "e", "n", "t", "_", "i", "d") }
        static var operation: UInt64 { ByteWord.text("o", "p", "\"") }
        static var schemaVersion: UInt64 { ByteWord.text("s", "c", "h", "e", "m", "a", "_", "v") }
        static var schemaVersionEnd: UInt64 { ByteWord.text("e", "r", "s", "i", "o", "n", "\"") }
    }

    @inline(__always)
    static func scan(_ record: RawRecord, into rating: inout ScannedRating) -> Bool {
        guard record.contentType == .unspecified || record.contentType == .json,
            record.value.count <= EventLimits.valueBytesMax, let scanner = JSONScanner(record.value)
        else { return false }
        var scan = RatingScan(scanner: scanner)
        return scan.object(&rating, record)
    }

    @inline(__always)
    private mutating func object(_ rating: inout ScannedRating, _ record: RawRecord) -> Bool {
        guard scanner.byte == UInt8(ascii: "{") else { return false }
        scanner.cursor += 1
        repeat {
            scanner.skipWhitespace()
            guard scanner.byte == UInt8(ascii: "\"") else { return false }
            scanner.cursor += 1
            guard field(&rating, record) else { return false }
            scanner.skipWhitespace()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { return false }
        scanner.skipWhitespace()
        let required = Seen.userID | Seen.movieID | (rating.operation == .set ? Seen.rating : 0)
        return scanner.cursor == scanner.end && seen & required == required
            && (rating.eventTime == ScannedRating.missingTime
                || EventTime.isPlausible(rating.eventTime, recordTimestamp: record.timestampMilliseconds))
    }

    /// Reads a field from behind its key's opening quote.
    @inline(__always)
    private mutating func field(_ rating: inout ScannedRating, _ record: RawRecord) -> Bool {
        let word = scanner.word(at: scanner.cursor)
        if word == Key.userID {
            guard note(Seen.userID, keyBytes: 8) else { return false }
            return userID(&rating, record.key)
        }
        if word == Key.movieID {
            guard scanner.word(at: scanner.cursor + 8) & 0xFF == 0x22, note(Seen.movieID, keyBytes: 9) else {
                return false
            }
            return integer(&rating.movieID)
        }
        if ByteWord.prefix(word, 7) == Key.rating {
            guard note(Seen.rating, keyBytes: 7) else { return false }
            return halfStars(&rating)
        }
        if word == Key.eventTime, ByteWord.prefix(scanner.word(at: scanner.cursor + 8), 3) == Key.eventTimeEnd {
            guard note(Seen.eventTime, keyBytes: 11) else { return false }
            return eventTime(&rating)
        }
        if word == Key.eventID, scanner.word(at: scanner.cursor + 8) & 0xFF == 0x22 {
            guard note(Seen.eventID, keyBytes: 9) else { return false }
            return eventID(&rating)
        }
        if ByteWord.prefix(word, 3) == Key.operation {
            guard note(Seen.operation, keyBytes: 3) else { return false }
            return operation(&rating)
        }
        if word == Key.schemaVersion,
            ByteWord.prefix(scanner.word(at: scanner.cursor + 8), 7) == Key.schemaVersionEnd
        {
            return note(Seen.schemaVersion, keyBytes: 15) && skip(UInt8(ascii: "1"))
        }
        return unknownField()
    }

    /// Marks a field as seen and moves to its value.
    @inline(__always)
    private mutating func note(_ field: UInt32, keyBytes: Int) -> Bool {
        guard seen & field == 0 else { return false }
        seen |= field
        scanner.cursor += keyBytes
        scanner.skipWhitespace()
        guard skip(UInt8(ascii: ":")) else { return false }
        scanner.skipWhitespace()
        return true
    }

    @inline(__always)
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard scanner.byte == byte else { return false }
        scanner.cursor += 1
        return true
    }
}

extension RatingScan {
    /// A positive integer of at most 18 digits.
    @inline(__always)
    private mutating func integer(_ value: inout Int64) -> Bool {
        let word = scanner.word(at: scanner.cursor)
        let count = ByteWord.digitCount(word)
        guard count > 0, UInt8(truncatingIfNeeded: word) != UInt8(ascii: "0") else { return false }
        var number = ByteWord.decimal(word, count: count)
        scanner.cursor += count
        if count == 8 {
            let last = scanner.cursor + 10
            while JSONScanner.isDigit(scanner.byte) {
                guard scanner.cursor < last else { return false }
                number = number &* 10 &+ UInt64(scanner.byte & 0x0F)
                scanner.cursor += 1
            }
        }
        value = Int64(truncatingIfNeeded: number)
        return true
    }

    /// The user's id, compared with the record's key digit by digit: JSON has no leading zeros, so equal ids have
    /// equal digits.
    @inline(__always)
    private mutating func userID(_ rating: inout ScannedRating, _ key: UnsafeRawBufferPointer) -> Bool {
        let first = scanner.cursor
        guard integer(&rating.userID) else { return false }
        guard let keyBase = key.baseAddress else { return true }
        let count = scanner.cursor - first
        guard key.count == count else { return false }
        let keyBytes = keyBase.assumingMemoryBound(to: UInt8.self)
        if count <= 8 {
            return ByteWord.load(keyBytes, count: count) == ByteWord.prefix(scanner.word(at: first), count)
        }
        for index in 0..<count where keyBytes[index] != first[index] { return false }
        return true
    }

    /// One digit, or one digit and `.0` or `.5`.
    @inline(__always)
    private mutating func halfStars(_ rating: inout ScannedRating) -> Bool {
        let word = scanner.word(at: scanner.cursor)
        let whole = UInt8(truncatingIfNeeded: word) &- UInt8(ascii: "0")
        guard whole <= 5 else { return false }
        var halfStars = whole * 2
        scanner.cursor += 1
        if UInt8(truncatingIfNeeded: word >> 8) == UInt8(ascii: ".") {
            let tenths = UInt8(truncatingIfNeeded: word >> 16)
            guard tenths == UInt8(ascii: "0") || tenths == UInt8(ascii: "5") else { return false }
            halfStars += tenths == UInt8(ascii: "5") ? 1 : 0
            scanner.cursor += 2
        }
        rating.halfStars = halfStars
        return 1...10 ~= halfStars
    }

    /// Epoch seconds without a fraction, or RFC 3339.
    @inline(__always)
    private mutating func eventTime(_ rating: inout ScannedRating) -> Bool {
        if scanner.byte == UInt8(ascii: "\"") { return timestamp(&rating) }
        var seconds: Int64 = 0
        guard integer(&seconds), seconds <= EventLimits.eventTimeMilliseconds.upperBound / 1000 else { return false }
        rating.eventTime = seconds * 1000
        return true
    }

    @inline(never)
    private mutating func timestamp(_ rating: inout ScannedRating) -> Bool {
        guard let token = string(), let time = RFC3339.milliseconds(token.bytes),
            EventLimits.eventTimeMilliseconds.contains(time)
        else { return false }
        rating.eventTime = time
        return true
    }

    @inline(__always)
    private mutating func eventID(_ rating: inout ScannedRating) -> Bool {
        guard skip(UInt8(ascii: "\"")) else { return false }
        let first = scanner.cursor
        var plain = ByteWord.plainTextCount(scanner.word(at: first))
        scanner.cursor += plain
        while plain == 8 {
            plain = ByteWord.plainTextCount(scanner.word(at: scanner.cursor))
            scanner.cursor += plain
        }
        let count = scanner.cursor - first
        guard skip(UInt8(ascii: "\"")) else {
            scanner.cursor = first - 1
            return awkwardEventID(&rating)
        }
        rating.eventIDStart = first
        rating.eventIDCount = count
        return count <= EventLimits.eventIDBytesMax
    }

    /// One with escapes or letters beyond ASCII.
    @inline(never)
    private mutating func awkwardEventID(_ rating: inout ScannedRating) -> Bool {
        guard let token = string() else { return false }
        rating.eventIDStart = token.start
        rating.eventIDCount = token.count
        return token.count <= EventLimits.eventIDBytesMax
    }

    @inline(never)
    private mutating func operation(_ rating: inout ScannedRating) -> Bool {
        if scanner.skip("\"SET\"") { return true }
        rating.operation = .remove
        return scanner.skip("\"REMOVE\"")
    }

    @inline(never)
    private mutating func unknownField() -> Bool {
        scanner.cursor -= 1
        guard let key = string(), !key.hasEscape, skipColon() else { return false }
        do throws(JSONSyntaxError) {
            try scanner.skipValue()
            return true
        } catch {
            return false
        }
    }

    private mutating func string() -> JSONStringToken? {
        do throws(JSONSyntaxError) {
            return try scanner.string()
        } catch {
            return nil
        }
    }

    private mutating func skipColon() -> Bool {
        scanner.skipWhitespace()
        guard skip(UInt8(ascii: ":")) else { return false }
        scanner.skipWhitespace()
        return true
    }
}
