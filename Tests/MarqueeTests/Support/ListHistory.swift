import Events
import Kafka
import KafkaTestSupport
import Testing

/// The lists that were published, by user and sequence; of equal ones the later record counts.
struct ListHistory {
    struct Entry {
        var list: RecommendationList
        var partition: Int32
    }

    private(set) var lists: [Int64: [Int64: Entry]] = [:]
    /// Records whose user and sequence had come before.
    private(set) var repeats = 0
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
        let before = lists[list.userID, default: [:]].updateValue(
            Entry(list: list, partition: partition), forKey: list.sequence)
        if before != nil { repeats += 1 }
        for cause in list.causedBy where cause.isRating {
            newestAnswered[list.userID] = max(newestAnswered[list.userID] ?? -1, cause.offset)
        }
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
