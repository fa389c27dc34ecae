/// A properties file as `java.util.Properties.load` reads it, which is what Kafka's own tools take.
///
/// `#` and `!` start comments; key and value are separated by `=`, `:` or white space; a line that ends in an odd
/// number of backslashes goes on in the next; `\t \n \r \f \uXXXX` and any other escaped character are taken.
struct PropertiesFile: Equatable {
    struct Entry: Equatable {
        var key: String
        var value: String
        /// The line that the entry starts on, from 1.
        var lineNumber: Int
    }

    /// In the file's order; of entries with one key the last holds.
    private(set) var entries: [Entry] = []

    init(text: String, file: String) throws(UsageError) {
        var lines = Array(text.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" }))[
            ...]
        var lineNumber = 0
        while var line = lines.popFirst() {
            lineNumber += 1
            let firstLineNumber = lineNumber
            if line.last == "\r" { line = line.dropLast() }
            var logical = String.UnicodeScalarView(line.drop(while: Self.isBlank))
            guard let first = logical.first, first != "#", first != "!" else { continue }
            while Self.endsInContinuation(logical) {
                logical.removeLast()
                guard var next = lines.popFirst() else { break }
                lineNumber += 1
                if next.last == "\r" { next = next.dropLast() }
                logical.append(contentsOf: next.drop(while: Self.isBlank))
            }
            guard let entry = Self.entry(logical, lineNumber: firstLineNumber) else {
                throw UsageError(
                    "\(file):\(firstLineNumber): '\\u' needs four hexadecimal digits: write '\\\\u' for a backslash and a u"
                )
            }
            entries.append(entry)
        }
    }

    private static func isBlank(_ scalar: UnicodeScalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{0C}"
    }

    private static func endsInContinuation(_ line: String.UnicodeScalarView) -> Bool {
        !line.reversed().prefix { $0 == "\\" }.count.isMultiple(of: 2)
    }

    /// Nil when an escape is malformed.
    private static func entry(_ line: String.UnicodeScalarView, lineNumber: Int) -> Entry? {
        var rest = line[...]
        guard let key = unescape(&rest, until: { isBlank($0) || $0 == "=" || $0 == ":" }) else { return nil }
        rest = rest.drop(while: isBlank)
        if rest.first == "=" || rest.first == ":" { rest = rest.dropFirst().drop(while: isBlank) }
        guard let value = unescape(&rest, until: { _ in false }) else { return nil }
        return Entry(key: key, value: value, lineNumber: lineNumber)
    }

    private static func unescape(
        _ rest: inout Substring.UnicodeScalarView, until isEnd: (UnicodeScalar) -> Bool
    ) -> String? {
        var text = String.UnicodeScalarView()
        while let scalar = rest.first, !isEnd(scalar) {
            rest.removeFirst()
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = rest.popFirst() else { break }
            switch escaped {
            case "t": text.append("\t")
            case "n": text.append("\n")
            case "r": text.append("\r")
            case "f": text.append("\u{0C}")
            case "u":
                let digits = String(rest.prefix(4))
                guard digits.unicodeScalars.count == 4, let code = UInt32(digits, radix: 16),
                    let scalar = UnicodeScalar(code)
                else { return nil }
                text.append(scalar)
                rest = rest.dropFirst(4)
            default: text.append(escaped)
            }
        }
        return String(text)
    }
}
