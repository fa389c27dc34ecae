/// What a record of the `movies` topic says.
public enum MovieEvent: Sendable, Equatable {
    case announced(Movie)
    /// Not recommended until it is announced again.
    case withdrawn(movieID: Int64)
}

/// Turns records of the `movies` topic into events. Cold: it allocates.
public struct MovieDecoder: Sendable {
    public init() {}

    /// The record's event, or why it cannot be used. A missing `year` is taken from a title that ends in one, like
    /// `Heat (1995)`.
    public func decode(_ record: RawRecord) -> Result<MovieEvent, Rejection> {
        do throws(Rejection) {
            return .success(try event(record))
        } catch {
            return .failure(error)
        }
    }

    private func event(_ record: RawRecord) throws(Rejection) -> MovieEvent {
        if record.isTombstone { return .withdrawn(movieID: try record.requireKeyID(.movieID)) }
        let fields = try record.fields()
        let movieID = try fields.id(.movieID)
        let expected = "a title of 1 to \(EventLimits.titleBytesMax) bytes"
        guard let title = try fields.string(.title, bytesMax: EventLimits.titleBytesMax) else {
            throw fields.rejection(.missingField, .title, expected)
        }
        guard !title.isEmpty else { throw fields.rejection(.outOfRange, .title, expected) }
        let year = try fields.integer(.year, in: EventLimits.years) ?? MovieDecoder.year(ending: title)
        let genres = try fields.genres()
        let time = try fields.eventTime(recordTimestamp: record.timestampMilliseconds)
        try record.requireKey(movieID, .movieID)
        return .announced(
            Movie(movieID: movieID, title: title, year: year, genres: genres, eventTimeMilliseconds: time))
    }

    /// The year in parentheses at the end of a title, as MovieLens writes it.
    static func year(ending title: String) -> Int? {
        let text = title.utf8.reversed().drop { $0 == UInt8(ascii: " ") }.prefix(6).reversed()
        let bytes = Array(text)
        guard bytes.count == 6, bytes[0] == UInt8(ascii: "("), bytes[5] == UInt8(ascii: ")"),
            bytes[1...4].allSatisfy(JSONScanner.isDigit)
        else { return nil }
        let year = bytes[1...4].reduce(0) { $0 * 10 + Int($1 & 0x0F) }
        return EventLimits.years.contains(Int64(year)) ? year : nil
    }
}

extension FieldTable {
    /// The names in `genres`; none where it is absent.
    fileprivate func genres() throws(Rejection) -> [String] {
        let expected =
            "at most \(EventLimits.genresMax) strings of at most \(EventLimits.genreBytesMax) bytes in an array"
        let slot = self[.genres]
        if slot.kind == .absent || slot.kind == .null { return [] }
        guard slot.kind == .array, let tokens = FieldTable.strings(in: text(of: slot)) else {
            throw rejection(.malformed, .genres, expected)
        }
        guard tokens.count <= EventLimits.genresMax else { throw rejection(.outOfRange, .genres, expected) }
        var genres: [String] = []
        for token in tokens {
            let plain = JSONText.unescaped(token)
            guard plain.count <= EventLimits.genreBytesMax else { throw rejection(.outOfRange, .genres, expected) }
            genres.append(String(decoding: plain, as: UTF8.self))
        }
        return genres
    }

    /// The elements of an array of strings whose syntax is known to be right, or nil if one is no string.
    private static func strings(in array: UnsafeRawBufferPointer) -> [JSONStringToken]? {
        guard var scanner = JSONScanner(array) else { return nil }
        var tokens: [JSONStringToken] = []
        scanner.cursor += 1
        scanner.skipWhitespace()
        if scanner.byte == UInt8(ascii: "]") { return tokens }
        do throws(JSONSyntaxError) {
            repeat {
                guard scanner.byte == UInt8(ascii: "\"") else { return nil }
                tokens.append(try scanner.string())
            } while try !scanner.skipSeparator(closing: UInt8(ascii: "]"))
            return tokens
        } catch {
            return nil
        }
    }
}
