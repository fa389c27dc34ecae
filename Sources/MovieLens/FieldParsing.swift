/// The fields of one line of a small file, each taken with a sentence of what it should have been.
struct LineFields {
    var file: String
    var line: TextLines.Line
    var fields: [UnsafeRawBufferPointer]

    /// Throws unless the line has exactly `count` fields; `shape` says which.
    init(
        _ line: TextLines.Line, file: String, separator: StaticString, count: Int, shape: String
    ) throws(MovieLensError) {
        self.file = file
        self.line = line
        self.fields = TextLines.fields(line.bytes, separator: separator)
        guard fields.count == count else {
            throw .badLine(
                file: file, lineNumber: line.number, expected: "\(count) fields separated by '\(separator)' (\(shape))",
                found: "\(fields.count) in \(TextLines.quote(line.bytes))")
        }
    }

    func integer(_ field: Int, in range: ClosedRange<Int>, expected: String) throws(MovieLensError) -> Int {
        guard let value = Int(text(field)), range.contains(value) else { throw bad(field, expected: expected) }
        return value
    }

    func identifier(_ field: Int, of what: String) throws(MovieLensError) -> Int64 {
        Int64(try integer(field, in: 1...Int(Int32.max), expected: "a \(what) id from 1 to 2147483647"))
    }

    /// For fields that are ASCII by definition; whatever else stands there is replaced and will not parse.
    func text(_ field: Int) -> String { String(decoding: fields[field], as: UTF8.self) }

    func bad(_ field: Int, expected: String) -> MovieLensError {
        .badLine(
            file: file, lineNumber: line.number, expected: expected, found: TextLines.quote(fields[field]))
    }
}
