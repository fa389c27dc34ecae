/// What the ranking head leaves to the blend of some events that follow each other: whether their movies were known to
/// their users, and the examples that its weights learn from, with what the head said of them before it learnt the event.
///
/// So the blend may come later, on another thread, and learn the same. The memory is used again.
final class BlendExamples {
    /// Most events.
    static let eventsMax = 256

    /// Movies an example has room for.
    private let width: Int
    private let isKnown: UnsafeMutablePointer<Bool>
    /// By event: its example's number + 1, or 0.
    private let numbers: UnsafeMutablePointer<UInt16>
    /// By example: how many movies it has.
    private let counts: UnsafeMutablePointer<Int>
    /// `[examplesMax][width]`, like the two that follow.
    private let movies: UnsafeMutablePointer<UInt32>
    private let logits: UnsafeMutablePointer<Float>
    private let biases: UnsafeMutablePointer<Float>
    /// Behind a pointer, as it is written once an event.
    private let count: UnsafeMutablePointer<Int>

    /// - Parameters:
    ///   - examplesMax: The most of `eventsMax` events that are examples.
    ///   - width: The most movies of one.
    init(examplesMax: Int, width: Int) {
        self.width = width
        isKnown = .allocate(capacity: Self.eventsMax)
        numbers = .allocate(capacity: Self.eventsMax)
        counts = .allocate(capacity: examplesMax)
        movies = .allocate(capacity: examplesMax * width)
        logits = .allocate(capacity: examplesMax * width)
        biases = .allocate(capacity: examplesMax * width)
        count = .allocate(capacity: 1)
    }

    deinit {
        isKnown.deallocate()
        numbers.deallocate()
        counts.deallocate()
        movies.deallocate()
        logits.deallocate()
        biases.deallocate()
        count.deallocate()
    }

    /// An example's movies, the chosen one first, with the head's logits of them and their biases alone.
    struct Example {
        let movies: UnsafeMutablePointer<UInt32>
        let logits: UnsafeMutablePointer<Float>
        let biases: UnsafeMutablePointer<Float>
        /// How many movies; 0 until it is filled.
        var count = 0
    }

    func removeAll() { count.pointee = 0 }

    /// An event that is no example, until `append` makes it one.
    @inline(__always)
    func note(_ event: Int, isKnown: Bool) {
        self.isKnown[event] = isKnown
        numbers[event] = 0
    }

    @inline(__always)
    func isKnown(_ event: Int) -> Bool { isKnown[event] }

    /// Room for an example.
    @inline(__always)
    func next() -> Example { example(count.pointee) }

    /// The event is that example, which stands in the room that was given.
    @inline(__always)
    func append(_ example: Example, of event: Int) {
        counts[count.pointee] = example.count
        count.pointee += 1
        numbers[event] = UInt16(count.pointee)
    }

    /// The example that an event is, if it is one.
    @inline(__always)
    func example(ofEvent event: Int) -> Example? {
        if numbers[event] == 0 { return nil }
        let number = Int(numbers[event]) - 1
        var example = example(number)
        example.count = counts[number]
        return example
    }

    @inline(__always)
    private func example(_ number: Int) -> Example {
        Example(movies: movies + number * width, logits: logits + number * width, biases: biases + number * width)
    }
}
