import Learning

/// Row numbers in a random order, always the same from the same seed.
struct RatingShuffle {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Fisher and Yates' shuffle, as Knuth has it (The Art of Computer Programming, volume 2, algorithm P).
    mutating func shuffle(_ rows: inout [Int32]) {
        guard rows.count > 1 else { return }
        for last in stride(from: rows.count - 1, through: 1, by: -1) {
            let chosen = Int(random.next().multipliedFullWidth(by: UInt64(last + 1)).high)
            rows.swapAt(last, chosen)
        }
    }

    /// A share of `count` rows drawn at random, and the rest.
    mutating func split(_ count: Int, share: Double) -> (heldOut: [Int32], rest: [Int32]) {
        var rows = Array(0..<Int32(count))
        shuffle(&rows)
        let heldOut = max(1, Int(Double(count) * share))
        return (Array(rows[..<heldOut]), Array(rows[heldOut...]))
    }
}
