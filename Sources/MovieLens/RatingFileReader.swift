/// Reads a file of ratings: user, movie, stars, seconds since 1970, a rating a line.
///
/// One pass over the bytes without a string a line. A line that the fast path does not take is looked at again to
/// say what is wrong with it. Blank lines are skipped, `\r\n` is taken, the last line may lack its end.
struct RatingFileReader {
    struct Format {
        var separator: UInt8
        /// How often the separator's byte stands between two fields.
        var separatorCount: Int
        var separatorText: StaticString
        var separatorName: String
        var header: String?

        static let doubleColon = Format(
            separator: UInt8(ascii: ":"), separatorCount: 2, separatorText: "::", separatorName: "'::'", header: nil)
        static let tabSeparated = Format(
            separator: UInt8(ascii: "\t"), separatorCount: 1, separatorText: "\t", separatorName: "tabs", header: nil)
        static let commaSeparated = Format(
            separator: UInt8(ascii: ","), separatorCount: 1, separatorText: ",", separatorName: "','",
            header: "userId,movieId,rating,timestamp")
    }

    var file: String
    var format: Format

    func read(_ bytes: UnsafeRawBufferPointer) throws(MovieLensError) -> RatingTable {
        var table = RatingTable()
        var body = bytes
        var lineNumber = 0
        if let header = format.header {
            var lines = TextLines(bytes)
            let first = lines.next()
            guard let first, first.bytes.elementsEqual(header.utf8) else {
                throw .badLine(
                    file: file, lineNumber: first?.number ?? 1, expected: "the header '\(header)'",
                    found: first.map { TextLines.quote($0.bytes) } ?? "an empty file")
            }
            body = lines.rest
            lineNumber = first.number
        }
        guard let base = body.baseAddress else { return table }
        let end = base + body.count
        var cursor = Cursor(position: base, end: end, format: format)
        table.reserveCapacity(Self.estimatedRows(body))

        while cursor.position < end {
            lineNumber += 1
            if cursor.skipLineEnd() { continue }
            let lineStart = cursor.position
            guard
                let user = cursor.identifier(), cursor.skipSeparator(),
                let movie = cursor.identifier(), cursor.skipSeparator(),
                let halfStars = cursor.halfStars(), cursor.skipSeparator(),
                let timestamp = cursor.integer(), cursor.skipLineEnd() || cursor.position == end
            else {
                throw explain(lineFrom: lineStart, end: end, lineNumber: lineNumber)
            }
            table.append(userID: user, movieID: movie, halfStars: halfStars, timestampSeconds: timestamp)
        }
        return table
    }

    /// From the length of the lines at the start, a little too many, because ids grow.
    private static func estimatedRows(_ bytes: UnsafeRawBufferPointer) -> Int {
        let sample = bytes.prefix(64 * 1024)
        let lines = sample.reduce(into: 1) { $0 += $1 == UInt8(ascii: "\n") ? 1 : 0 }
        return bytes.count / max(1, sample.count / lines) + 16
    }

    private func explain(
        lineFrom start: UnsafeRawPointer, end: UnsafeRawPointer, lineNumber: Int
    ) -> MovieLensError {
        let rest = UnsafeRawBufferPointer(start: start, count: end - start)
        var lines = TextLines(rest)
        let line = lines.next()?.bytes ?? rest
        let fields = TextLines.fields(line, separator: format.separatorText)
        func bad(_ expected: String, _ found: String) -> MovieLensError {
            .badLine(file: file, lineNumber: lineNumber, expected: expected, found: found)
        }
        guard fields.count == 4 else {
            return bad("4 fields separated by \(format.separatorName)", "\(fields.count) in \(TextLines.quote(line))")
        }
        let checks: [(String, (inout Cursor) -> Bool)] = [
            ("a user id from 1 to 2147483647", { $0.identifier() != nil }),
            ("a movie id from 1 to 2147483647", { $0.identifier() != nil }),
            ("a rating of 0.5 to 5 in halves", { $0.halfStars() != nil }),
            ("a timestamp in whole seconds since 1970", { $0.integer() != nil }),
        ]
        for (field, (expected, accepts)) in zip(fields, checks) {
            var isGood = false
            if let start = field.baseAddress {
                var cursor = Cursor(position: start, end: start + field.count, format: format)
                isGood = accepts(&cursor) && cursor.position == cursor.end
            }
            if !isGood { return bad(expected, TextLines.quote(field)) }
        }
        return bad("user, movie, rating and timestamp", TextLines.quote(line))
    }
}

extension RatingFileReader {
    /// Where the reading stands. Each verb either takes what it names and moves on, or takes nothing.
    struct Cursor {
        var position: UnsafeRawPointer
        let end: UnsafeRawPointer
        let separator: UInt8
        let separatorCount: Int

        init(position: UnsafeRawPointer, end: UnsafeRawPointer, format: Format) {
            self.position = position
            self.end = end
            separator = format.separator
            separatorCount = format.separatorCount
        }

        @inline(__always)
        private var byte: UInt8? { position < end ? position.load(as: UInt8.self) : nil }

        /// A number of at most 18 digits.
        @inline(__always)
        mutating func integer() -> Int64? {
            var value: Int64 = 0
            let start = position
            while let byte, byte &- UInt8(ascii: "0") < 10 {
                value = value &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
                position += 1
            }
            return (1...18).contains(position - start) ? value : nil
        }

        @inline(__always)
        mutating func identifier() -> Int32? {
            guard let value = integer(), value > 0, value <= Int64(Int32.max) else { return nil }
            return Int32(truncatingIfNeeded: value)
        }

        /// `4`, `4.0` or `4.5`, as 8, 8 or 9.
        @inline(__always)
        mutating func halfStars() -> UInt8? {
            guard let digit = byte, digit &- UInt8(ascii: "0") <= 5 else { return nil }
            var value = (digit &- UInt8(ascii: "0")) &* 2
            position += 1
            if byte == UInt8(ascii: ".") {
                position += 1
                switch byte {
                case UInt8(ascii: "0"): break
                case UInt8(ascii: "5"): value += 1
                default: return nil
                }
                position += 1
            }
            return (1...10).contains(value) ? value : nil
        }

        @inline(__always)
        mutating func skipSeparator() -> Bool {
            guard end - position >= separatorCount else { return false }
            for offset in 0..<separatorCount
            where position.load(fromByteOffset: offset, as: UInt8.self) != separator {
                return false
            }
            position += separatorCount
            return true
        }

        @inline(__always)
        mutating func skipLineEnd() -> Bool {
            if byte == UInt8(ascii: "\n") {
                position += 1
                return true
            }
            guard byte == UInt8(ascii: "\r") else { return false }
            if position + 1 == end {
                position += 1
                return true
            }
            guard position.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "\n") else { return false }
            position += 2
            return true
        }
    }
}
