/// The year at the end of a MovieLens title.
public enum TitleYear {
    /// `"Heat (1995)"` is `("Heat ", 1995)`: the title without its year, and the year.
    ///
    /// Digits between parentheses at the very end, white space aside, are cut off whatever their number, as the fusion
    /// model's `^(.*)\((\d+)\)$` does; only four make a year. Series in ml-latest end in `(1994–2004)` or `(2016-)`:
    /// those are cut off as well and give their first year. Anything else is returned as it is, without a year.
    public static func split(_ title: String) -> (name: Substring, year: Int?) {
        var end = title.unicodeScalars.endIndex
        let scalars = title.unicodeScalars
        while end > scalars.startIndex, scalars[scalars.index(before: end)].properties.isWhitespace {
            end = scalars.index(before: end)
        }
        let trimmed = scalars[..<end]
        guard trimmed.last == ")", let open = trimmed.lastIndex(of: "(") else { return (title[...], nil) }

        let inside = trimmed[trimmed.index(after: open)...].dropLast()
        let first = inside.prefix(while: isDigit)
        let rest = inside.dropFirst(first.count)
        guard !first.isEmpty else { return (title[...], nil) }
        if let dash = rest.first {
            guard first.count == 4, dash == "-" || dash == "–", rest.dropFirst().allSatisfy(isDigit) else {
                return (title[...], nil)
            }
        }
        return (title[..<open], first.count == 4 ? Int(String(first)) : nil)
    }

    private static func isDigit(_ scalar: UnicodeScalar) -> Bool { ("0"..."9").contains(scalar) }
}
