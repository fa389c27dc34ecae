/// The lines of a text, without their ends (`\n` or `\r\n`) and without blank ones; a byte order mark is skipped.
struct TextLines: Sequence, IteratorProtocol {
    struct Line {
        /// Without the line's end.
        var bytes: UnsafeRawBufferPointer
        /// From 1; blank lines count.
        var number: Int
    }

    /// What was not read yet.
    private(set) var rest: UnsafeRawBufferPointer
    private var number = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        rest = UnsafeRawBufferPointer(rebasing: hasMark ? bytes.dropFirst(3) : bytes[...])
    }

    mutating func next() -> Line? {
        while !rest.isEmpty {
            number += 1
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
            var line = rest[..<end]
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(end + 1))
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            if !line.isEmpty { return Line(bytes: UnsafeRawBufferPointer(rebasing: line), number: number) }
        }
        return nil
    }

    /// Cuts a line at every occurrence of an ASCII separator; empty fields count.
    static func fields(_ line: UnsafeRawBufferPointer, separator: StaticString) -> [UnsafeRawBufferPointer] {
        let wanted = UnsafeRawBufferPointer(start: separator.utf8Start, count: separator.utf8CodeUnitCount)
        var fields: [UnsafeRawBufferPointer] = []
        var fieldStart = 0
        var position = 0
        while position + wanted.count <= line.count {
            if line[position..<position + wanted.count].elementsEqual(wanted) {
                fields.append(UnsafeRawBufferPointer(rebasing: line[fieldStart..<position]))
                position += wanted.count
                fieldStart = position
            } else {
                position += 1
            }
        }
        fields.append(UnsafeRawBufferPointer(rebasing: line[fieldStart...]))
        return fields
    }

    /// What stands in an error: between quotes, at most 60 characters of it, nothing that moves a terminal's cursor.
    static func quote(_ bytes: UnsafeRawBufferPointer) -> String {
        let head = UnsafeRawBufferPointer(rebasing: bytes.prefix(240))
        return quote(TextEncoding(of: head).decode(head))
    }

    static func quote(_ text: String) -> String {
        let visible = text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : String(scalar)
        }
        return "'\(visible.prefix(60).joined())\(visible.count > 60 ? "…" : "")'"
    }
}
