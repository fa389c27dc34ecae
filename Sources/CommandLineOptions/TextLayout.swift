/// Lays text out for a terminal of 80 columns.
enum TextLayout {
    static let columns = 80

    /// Breaks `text` at blanks into lines of at most `width` characters; a longer word is cut.
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            var word = word[...]
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            while word.count > width {
                lines.append(String(word.prefix(width)))
                word = word.dropFirst(width)
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A list of terms, each with its explanation beside it, or below it where the term is too long.
    static func table(_ rows: [(term: String, explanation: String)]) -> [String] {
        let longest = rows.map(\.term.count).max() ?? 0
        let column = min(longest, 26) + 4
        let blank = String(repeating: " ", count: column)
        return rows.flatMap { row -> [String] in
            var lines = wrap(row.explanation, width: columns - column).map { blank + $0 }
            let term = "  " + row.term
            if term.count + 2 <= column, let first = lines.first {
                lines[0] = term + first.dropFirst(term.count)
            } else {
                lines.insert(term, at: 0)
            }
            return lines
        }
    }
}
