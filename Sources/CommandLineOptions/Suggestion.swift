/// What somebody probably meant.
enum Suggestion {
    /// The candidate nearest to `word`, of equally near ones the first; nil when none is near.
    ///
    /// Near means the same but for capitals; or at most a third of the longer word's characters, and at least one but not
    /// all, to be put in, taken out, replaced or swapped with a neighbour; or that `word` is a beginning of three
    /// characters or more.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let same = candidates.first { $0.lowercased() == word.lowercased() }
        if let same { return same }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(word, candidate)
            let length = max(word.count, candidate.count)
            guard distance <= max(1, length / 3), distance < length, distance < best?.distance ?? .max else { continue }
            best = (candidate, distance)
        }
        return best?.candidate ?? candidates.first { word.count >= 3 && $0.hasPrefix(word) }
    }

    /// The restricted Damerau-Levenshtein distance (optimal string alignment) in O(n·m).
    static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var distance = min(
                    last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    distance = min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }

    /// `: did you mean '…'?`, or else `fallback` after a colon.
    static func clause(for word: String, among candidates: [String], otherwise fallback: String) -> String {
        nearest(to: word, among: candidates).map { ": did you mean '\($0)'?" } ?? ": \(fallback)"
    }
}
