/// Sum and sum of squares of a count of each movie.
struct CountMoments {
    var sum = 0.0
    var squares = 0.0

    /// One of them grows.
    @inline(__always)
    mutating func grow(_ count: inout Float, by step: Float) {
        sum += Double(step)
        squares += Double(step) * (2 * Double(count) + Double(step))
        count += step
    }

    /// One of them is credited with the count of an average event. It is counted among the others, so the average stays, and
    /// who comes next gets no more.
    mutating func credit(_ count: inout Float) { grow(&count, by: ofAnEvent) }

    /// One of them is not counted any more. What rounding leaves is not below nothing.
    mutating func drop(_ old: Float) {
        sum = max(0, sum - Double(old))
        squares = max(0, squares - Double(old) * Double(old))
    }

    mutating func scale(_ by: Float) {
        sum *= Double(by)
        squares *= Double(by) * Double(by)
    }

    /// The count of the movie that one event in all is about, taken at random.
    var ofAnEvent: Float { sum > 0 ? Float(squares / sum) : 0 }

    func write(to writer: inout StateWriter) throws {
        try writer.write(sum)
        try writer.write(squares)
    }

    /// - Throws: `StateImage.Failure` for what can't be such sums.
    static func read(from reader: inout StateReader) throws -> CountMoments {
        let moments = CountMoments(sum: try reader.readDouble(), squares: try reader.readDouble())
        guard moments.sum >= 0, moments.squares >= 0, moments.sum.isFinite, moments.squares.isFinite else {
            throw StateImage.Failure.impossible("a sum of \(moments.sum) counts")
        }
        return moments
    }
}
