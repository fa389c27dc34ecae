import Foundation
import Learning

/// Figures of one metric, over the windows and slices of the protocol.
public struct MetricSlices: Sendable, Equatable {
    /// Over the whole stream; nil where no event counts.
    public var all: Double?
    /// Over the second half of the stream.
    public var last50: Double?
    /// Over events of the second half that are among their user's first five.
    public var cold: Double?
    /// Over events of the second half after their user's twentieth.
    public var warm: Double?
    /// Over events of the whole stream whose movie had fewer than ten ratings.
    public var newMovies: Double?

    public init(
        all: Double? = nil, last50: Double? = nil, cold: Double? = nil, warm: Double? = nil, newMovies: Double? = nil
    ) {
        self.all = all
        self.last50 = last50
        self.cold = cold
        self.warm = warm
        self.newMovies = newMovies
    }

    func map(_ transform: (Double) -> Double) -> MetricSlices {
        MetricSlices(
            all: all.map(transform), last50: last50.map(transform), cold: cold.map(transform),
            warm: warm.map(transform),
            newMovies: newMovies.map(transform))
    }
}

extension MetricSlices: Encodable {
    private enum Key: String, CodingKey {
        case all, last50, cold, warm, newMovies
    }

    /// Every slice by its name; null where no event counts.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(all, forKey: .all)
        try fields.encode(last50, forKey: .last50)
        try fields.encode(cold, forKey: .cold)
        try fields.encode(warm, forKey: .warm)
        try fields.encode(newMovies, forKey: .newMovies)
    }
}

/// Sums and counts of one metric over windows and slices.
struct MetricSums {
    private var sums = [Double](repeating: 0, count: 5)
    private var counts = [Int](repeating: 0, count: 5)

    mutating func add(_ value: Double, isLastHalf: Bool, nth: Int, movieNth: Int) {
        add(value, 0)
        if movieNth <= PrequentialMetrics.newMovieEventsMax { add(value, 4) }
        guard isLastHalf else { return }
        add(value, 1)
        if nth <= PrequentialMetrics.coldEventsMax { add(value, 2) }
        if nth > PrequentialMetrics.warmEventsMin { add(value, 3) }
    }

    private mutating func add(_ value: Double, _ slice: Int) {
        sums[slice] += value
        counts[slice] += 1
    }

    var means: MetricSlices {
        func mean(_ slice: Int) -> Double? { counts[slice] == 0 ? nil : sums[slice] / Double(counts[slice]) }
        return MetricSlices(all: mean(0), last50: mean(1), cold: mean(2), warm: mean(3), newMovies: mean(4))
    }
}

/// Test-then-learn figures of a stream: RMSE and MAE of the stars predicted before each event was learnt (P1), and
/// Recall, NDCG and MRR of the ten movies that would have been listed before a sampled event (P2; one relevant movie an
/// event, as in Cremonesi, Koren and Turrin, "Performance of recommender algorithms on top-n recommendation tasks",
/// 2010).
public struct PrequentialMetrics {
    public static let listLength = 10
    static let coldEventsMax = 5
    static let warmEventsMin = 20
    static let newMovieEventsMax = 10

    private let half: Int
    private var squaredErrors = MetricSums()
    private var absoluteErrors = MetricSums()
    private var hits = MetricSums()
    private var gains = MetricSums()
    private var reciprocalRanks = MetricSums()
    private var listed: [Set<Int64>] = [[], []]

    private let isLastHalfOnly: Bool

    /// - Parameters:
    ///   - eventCount: length of the stream; its second half begins at `eventCount / 2`.
    ///   - isLastHalfOnly: only events of the second half are scored; there are no figures of all then.
    public init(eventCount: Int, isLastHalfOnly: Bool = false) {
        half = eventCount / 2
        self.isLastHalfOnly = isLastHalfOnly
    }

    /// How many lists were asked for.
    public private(set) var listCount = 0

    /// - Parameters:
    ///   - event: position in the stream, from 0.
    ///   - nth: 1 for the user's first event.
    ///   - movieNth: 1 for the movie's first.
    public mutating func addPrediction(_ stars: Double, actual: Double, event: Int, nth: Int, movieNth: Int) {
        let error = stars - actual
        squaredErrors.add(error * error, isLastHalf: event >= half, nth: nth, movieNth: movieNth)
        absoluteErrors.add(abs(error), isLastHalf: event >= half, nth: nth, movieNth: movieNth)
    }

    /// - Parameter list: at most ten movies, best first, asked for before the event was learnt.
    public mutating func addList(
        _ list: some Collection<Int64>, relevant movie: Int64, event: Int, nth: Int, movieNth: Int
    ) {
        let isLastHalf = event >= half
        listCount += 1
        var rank = 0
        for (place, listedMovie) in list.prefix(Self.listLength).enumerated() {
            listed[0].insert(listedMovie)
            if isLastHalf { listed[1].insert(listedMovie) }
            if listedMovie == movie && rank == 0 { rank = place + 1 }
        }
        hits.add(rank > 0 ? 1 : 0, isLastHalf: isLastHalf, nth: nth, movieNth: movieNth)
        gains.add(rank > 0 ? 1 / log2(Double(1 + rank)) : 0, isLastHalf: isLastHalf, nth: nth, movieNth: movieNth)
        reciprocalRanks.add(rank > 0 ? 1 / Double(rank) : 0, isLastHalf: isLastHalf, nth: nth, movieNth: movieNth)
    }

    public var rmse: MetricSlices { means(squaredErrors).map { $0.squareRoot() } }
    public var mae: MetricSlices { means(absoluteErrors) }
    public var recall10: MetricSlices { means(hits) }
    public var ndcg10: MetricSlices { means(gains) }
    public var mrr10: MetricSlices { means(reciprocalRanks) }

    private func means(_ sums: MetricSums) -> MetricSlices {
        var means = sums.means
        if isLastHalfOnly { means.all = nil }
        return means
    }

    /// The part of the catalogue that was ever listed: over all, and over the second half.
    public func coverage10(universe: Int) -> (all: Double?, last50: Double) {
        guard universe > 0 else { return (isLastHalfOnly ? nil : 0, 0) }
        let all = isLastHalfOnly ? nil : Double(listed[0].count) / Double(universe)
        return (all, Double(listed[1].count) / Double(universe))
    }
}

/// Which events a top-ten list is asked for: those with four stars or more whose (user, movie) falls into the sample.
public enum RankingSample {
    public static let relevantHalfStarsMin: UInt8 = 8

    /// One in `oneIn`, by a hash, so that it is the same on every run and machine.
    @inline(__always)
    public static func contains(user: Int64, movie: Int64, halfStars: UInt8, oneIn: UInt64) -> Bool {
        halfStars >= relevantHalfStarsMin && hash(user: user, movie: movie) % oneIn == 0
    }

    /// The same of any rating, whatever its stars.
    @inline(__always)
    public static func isDrawn(user: Int64, movie: Int64, oneIn: UInt64) -> Bool {
        hash(user: user, movie: movie) % oneIn == 0
    }

    /// SplitMix64's finaliser of user * 2^32 + movie.
    @inline(__always)
    static func hash(user: Int64, movie: Int64) -> UInt64 {
        let key = UInt64(bitPattern: user) &<< 32 &+ UInt64(bitPattern: movie)
        return SplitMix64.mix(key &+ SplitMix64.increment)
    }
}
