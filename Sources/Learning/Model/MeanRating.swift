/// The mean of the ratings that stand, from integers: so it is exact, and what is taken back leaves no trace.
///
/// It starts at 3.5 stars, with the weight of some ratings.
struct MeanRating {
    private static let priorHalfStars: Int64 = 7

    private let priorCount: Int64
    private var halfStarsSum: Int64 = 0
    private var count: Int64 = 0

    init(priorCount: Int64) { self.priorCount = priorCount }

    /// In stars.
    var value: Float {
        Float(halfStarsSum &+ priorCount &* Self.priorHalfStars) / Float(2 &* (count &+ priorCount))
    }

    mutating func add(_ stars: Float) {
        halfStarsSum &+= Int64(stars * 2)
        count &+= 1
    }

    mutating func remove(_ stars: Float) {
        halfStarsSum &-= Int64(stars * 2)
        count &-= 1
    }

    mutating func removeAll() { self = MeanRating(priorCount: priorCount) }

    func write(to writer: inout StateWriter) throws {
        try writer.write(halfStarsSum)
        try writer.write(count)
    }

    mutating func read(from reader: inout StateReader) throws {
        halfStarsSum = try reader.read()
        count = try reader.read()
    }
}
