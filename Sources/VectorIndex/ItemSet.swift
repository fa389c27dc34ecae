/// A set of item numbers, for searches among some of the items only: those of a genre, or what a predicate accepts.
///
/// One bit an item number up to the largest; all operations O(1), those on two sets O(largest).
public struct ItemSet: Equatable, Sendable {
    private var words: [UInt64] = []

    public init() {}

    public init(_ items: some Sequence<UInt32>) { for item in items { insert(item) } }

    @inline(__always)
    public func contains(_ item: UInt32) -> Bool {
        let word = Int(item) / 64
        return word < words.count && words[word] >> UInt64(item % 64) & 1 == 1
    }

    /// - Parameter item: At most `IndexLimits.itemMax`.
    public mutating func insert(_ item: UInt32) {
        precondition(item <= IndexLimits.itemMax, "item out of range")
        let word = Int(item) / 64
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        words[word] |= 1 << UInt64(item % 64)
    }

    public mutating func remove(_ item: UInt32) {
        if contains(item) { words[Int(item) / 64] &= ~(1 << UInt64(item % 64)) }
        while words.last == 0 { words.removeLast() }
    }

    public mutating func formUnion(_ other: ItemSet) {
        for word in other.words.indices {
            if word < words.count { words[word] |= other.words[word] } else { words.append(other.words[word]) }
        }
    }

    public mutating func formIntersection(_ other: ItemSet) {
        if words.count > other.words.count { words.removeLast(words.count - other.words.count) }
        for word in words.indices { words[word] &= other.words[word] }
        while words.last == 0 { words.removeLast() }
    }
}
