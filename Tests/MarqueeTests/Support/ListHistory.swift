import Events
import Kafka
import KafkaTestSupport
import Testing

/// The lists that were published, by user and sequence. The later record rules: one with a sequence that was seen
/// replaces that list and all after it, which a killed process published and did not bring into the journal.
struct ListHistory {
    struct Entry {
        var list: RecommendationList
        var partition: Int32
    }

    private(set) var lists: [Int64: [Int64: Entry]] = [:]
    /// Lists that a later record replaced.
    private(set) var replacedCount = 0
    /// By user: the offset of the newest rating that a list names.
    private var newestAnswered: [Int64: Int64] = [:]

    init() {}

    init(_ application: Application) throws {
        for record in try application.records(application.topics.recommendations) { try note(record) }
    }

    mutating func note(_ record: KafkaRecord) throws {
        let value = try #require(record.value)
        let list = try value.withUnsafeBytes { try RecommendationList(json: $0) }
        #expect(record.key == Array(String(list.userID).utf8))
        note(list, partition: record.partition)
    }

    mutating func note(_ list: RecommendationList, partition: Int32) {
        let before = lists[list.userID] ?? [:]
        var after = before.filter { $0.key < list.sequence }
        replacedCount += before.count - after.count
        after[list.sequence] = Entry(list: list, partition: partition)
        lists[list.userID] = after
        if let newest = list.causedBy.last(where: \.isRating) { newestAnswered[list.userID] = newest.offset }
    }

    /// Whether every user's last rating has a list.
    func covers(_ oracle: RatingOracle) -> Bool {
        oracle.answered.allSatisfy { user, events in newestAnswered[user] ?? -1 >= events.last?.offset ?? 0 }
    }

    /// Waits until every rating that is in the topic now has a list; fails the test when the time passes before.
    @discardableResult
    static func waitForAnswers(
        _ application: Application, seconds: Double = 30, _ location: SourceLocation = #_sourceLocation
    ) throws -> RatingOracle {
        let oracle = try RatingOracle(application)
        var history = ListHistory()
        let reader = try KafkaTopicReader(
            TestBroker.configuration(), topic: application.topics.recommendations, from: .beginning)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while !history.covers(oracle), clock.now < end {
            try reader.poll(waitMilliseconds: 200) { try history.note($0.copy()) }
        }
        #expect(history.covers(oracle), "not every rating has a list", sourceLocation: location)
        return oracle
    }
}

extension RecommendationList.Cause {
    var isRating: Bool { topic.hasSuffix("ratings") }
}
