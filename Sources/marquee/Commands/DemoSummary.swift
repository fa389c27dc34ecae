/// What a demo measured, for scripts and for people.
struct DemoSummary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case events, lists, deadLetters, eventsPerSecond, firstListSeconds, freshnessMilliseconds, rmse, recall10
    }

    /// Ratings learnt.
    var events = 0
    /// Lists published.
    var lists = 0
    /// How many of them the reader got.
    var listsRead = 0
    var deadLetters = 0
    /// While ratings came as fast as they were taken.
    var eventsPerSecond = 0.0
    /// From the command's start to the first list in the reader's hand.
    var firstListSeconds: Double?
    /// While ratings came at a steady rate.
    var freshnessMilliseconds: FreshnessMeter.Percentiles?
    var rmse: Double?
    var recall10: Double?

    var fullSpeedEvents = 0
    var pacedEvents = 0
    var pacedRate = 0
    var recallLists = 0

    /// Every key, null where nothing was measured.
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(events, forKey: .events)
        try fields.encode(lists, forKey: .lists)
        try fields.encode(deadLetters, forKey: .deadLetters)
        try fields.encode(eventsPerSecond, forKey: .eventsPerSecond)
        try fields.encode(firstListSeconds, forKey: .firstListSeconds)
        try fields.encode(freshnessMilliseconds, forKey: .freshnessMilliseconds)
        try fields.encode(rmse, forKey: .rmse)
        try fields.encode(recall10, forKey: .recall10)
    }

    var text: String {
        func text(_ number: Double?, _ decimals: Int) -> String { number.map { fixed($0, decimals) } ?? "-" }
        let freshness = freshnessMilliseconds
        let read = listsRead == lists ? "" : "; the broker in memory dropped some before the reader came to them"
        return """
            events        \(grouped(events)) ratings, \(grouped(deadLetters)) dead letters
            full speed    \(grouped(Int(eventsPerSecond))) ratings/s over the first \(grouped(fullSpeedEvents))
            lists         \(grouped(lists)) published, \(grouped(listsRead)) read\(read)
            first list    \(text(firstListSeconds, 2)) s after the start
            freshness     p50 \(text(freshness?.p50, 2)) ms, p99 \(text(freshness?.p99, 2)) ms from rating to list in \
            hand (last \(grouped(pacedEvents)), \(grouped(pacedRate))/s)
            RMSE          \(text(rmse, 4)) stars, each rating predicted before it was learnt
            Recall@10     \(text(recall10, 4)), at \(grouped(recallLists)) liked ratings before they were learnt
            """
    }
}
