/// The records of a comma-separated text as RFC 4180 defines them: fields may stand between double quotes, and then
/// hold commas, line breaks and doubled quotes. `\n` ends a record as well as `\r\n`; blank lines are skipped.
struct CommaSeparatedRecords {
    struct Record {
        var fields: [String]
        /// The line that the record starts on, from 1.
        var lineNumber: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private let encoding: TextEncoding
    private let file: String
    private var position = 0
    private var lineNumber = 1
    private var field: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
        encoding = TextEncoding(of: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func next() throws(MovieLensError) -> Record? {
        while skipLineEnd() {}
        guard position < bytes.count else { return nil }
        var record = Record(fields: [], lineNumber: lineNumber)
        repeat {
            record.fields.append(try nextField(of: record))
        } while skip(UInt8(ascii: ","))
        guard position == bytes.count || skipLineEnd() else {
            throw .badLine(
                file: file, lineNumber: lineNumber, expected: "a comma or the line's end after a closing quote",
                found: TextLines.quote(restOfLine))
        }
        return record
    }

    private mutating func nextField(of record: Record) throws(MovieLensError) -> String {
        field.removeAll(keepingCapacity: true)
        guard skip(UInt8(ascii: "\"")) else {
            while position < bytes.count, bytes[position] != UInt8(ascii: ","), !isAtLineEnd { take() }
            return decodeField()
        }
        while position < bytes.count {
            if skip(UInt8(ascii: "\"")) {
                guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return decodeField() }
            } else if bytes[position] == UInt8(ascii: "\n") {
                lineNumber += 1
            }
            take()
        }
        throw .badLine(
            file: file, lineNumber: record.lineNumber, expected: "a closing quote", found: "the end of the file")
    }

    private mutating func take() {
        field.append(bytes[position])
        position += 1
    }

    private func decodeField() -> String { field.withUnsafeBytes(encoding.decode) }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private var isAtLineEnd: Bool {
        switch bytes[position] {
        case UInt8(ascii: "\n"): true
        case UInt8(ascii: "\r"): position + 1 == bytes.count || bytes[position + 1] == UInt8(ascii: "\n")
        default: false
        }
    }

    private mutating func skipLineEnd() -> Bool {
        guard position < bytes.count, isAtLineEnd else { return false }
        if bytes[position] == UInt8(ascii: "\r") { position += 1 }
        if position < bytes.count { position += 1 }
        lineNumber += 1
        return true
    }

    private var restOfLine: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[position...].prefix { $0 != UInt8(ascii: "\n") })
    }
}
