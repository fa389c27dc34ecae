/// What a benchmark of the pipeline measured, for scripts and for people.
struct BenchPipelineReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case ratings, ratingsPerSecond, listsPublished, rawConsumePerSecond, ratioToRaw, freshnessMilliseconds
        case freshnessRatingsPerSecond, freshnessAnswered, freshnessSent
        case cpuSeconds, cpuSecondsPerMillionRatings, peakRSSBytes, delivery, broker, partitions, secondsFromStart
    }

    let ratings: Int
    let rate: Int
    /// From the end of the catalogue to the last commit, its lists acknowledged.
    var ratingsPerSecond = 0.0
    var listsPublished = 0
    /// The same topic through the same source, each batch given back at once; the better of two rounds.
    var rawConsumePerSecond = 0.0
    var freshness = BenchFreshness.Figures()
    /// Of the service, from its start until the backlog was worked off.
    var cpuSeconds = 0.0
    /// Of the service, until the end.
    var peakRSSBytes = 0
    var broker = ""
    var partitions = 0
    /// From the service's start until the backlog was worked off.
    var secondsFromStart = 0.0

    init(ratings: Int, rate: Int) {
        self.ratings = ratings
        self.rate = rate
    }

    private let delivery = "at-least-once"
    private var ratioToRaw: Double? { rawConsumePerSecond > 0 ? ratingsPerSecond / rawConsumePerSecond : nil }
    private var cpuSecondsPerMillionRatings: Double { cpuSeconds * 1e6 / Double(max(1, ratings)) }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(ratings, forKey: .ratings)
        try fields.encode(ratingsPerSecond, forKey: .ratingsPerSecond)
        try fields.encode(listsPublished, forKey: .listsPublished)
        try fields.encode(rawConsumePerSecond, forKey: .rawConsumePerSecond)
        try fields.encode(ratioToRaw, forKey: .ratioToRaw)
        try fields.encode(freshness.percentiles, forKey: .freshnessMilliseconds)
        try fields.encode(rate, forKey: .freshnessRatingsPerSecond)
        try fields.encode(freshness.sent, forKey: .freshnessSent)
        try fields.encode(freshness.answered, forKey: .freshnessAnswered)
        try fields.encode(cpuSeconds, forKey: .cpuSeconds)
        try fields.encode(cpuSecondsPerMillionRatings, forKey: .cpuSecondsPerMillionRatings)
        try fields.encode(peakRSSBytes, forKey: .peakRSSBytes)
        try fields.encode(delivery, forKey: .delivery)
        try fields.encode(broker, forKey: .broker)
        try fields.encode(partitions, forKey: .partitions)
        try fields.encode(secondsFromStart, forKey: .secondsFromStart)
    }

    var text: String {
        let ratio = ratioToRaw.map { ", \(fixed($0, 2)) of the bare read" } ?? ""
        let p50 = freshness.percentiles.map { fixed($0.p50, 2) } ?? "-"
        let p99 = freshness.percentiles.map { fixed($0.p99, 2) } ?? "-"
        let unanswered = freshness.sent - freshness.answered
        let missing = unanswered == 0 ? "all answered" : "\(grouped(unanswered)) not answered"
        return """
            throughput  \(grouped(Int(ratingsPerSecond))) ratings/s over \(grouped(ratings))\(ratio)
            bare read   \(grouped(Int(rawConsumePerSecond))) ratings/s: polled and given back, nothing else
            lists       \(grouped(listsPublished)) published, \(delivery)
            freshness   p50 \(p50) ms, p99 \(p99) ms from rating to list in hand
                        (\(grouped(rate)) ratings/s, \(grouped(freshness.sent)) after a fifth to warm up, \(missing))
            processor   \(fixed(cpuSeconds, 2)) s of the service, \(fixed(cpuSecondsPerMillionRatings, 2)) s a million
            memory      \(grouped(peakRSSBytes >> 20)) MiB at most, of the service
            """
    }
}
