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

    var causedTotal: Int { lists.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.list.causedByTotal } } }

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
    }

    /// Waits until the newest lists answer as many events as there are; false when the time passes before.
    static func waitForAnswers(_ application: Application, to count: Int, seconds: Double = 30) throws -> ListHistory {
        var history = ListHistory()
        let reader = try KafkaTopicReader(
            TestBroker.configuration(), topic: application.topics.recommendations, from: .beginning)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while history.causedTotal < count, clock.now < end {
            try reader.poll(waitMilliseconds: 200) { try history.note($0.copy()) }
        }
        return history
    }

    /// Checks every list against the recount: sequences without gaps, every event answered exactly once and in order,
    /// ranks and titles, no movie that the user has rated.
    func check(
        against oracle: RatingOracle, topics: KafkaTopics, listLength: Int, titles: [Int64: String] = [:],
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(Set(lists.keys) == Set(oracle.answered.keys), sourceLocation: location)
        for (user, events) in oracle.answered {
            let entries = (lists[user] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
            #expect(entries.map(\.list.sequence) == Array(1...Int64(max(1, entries.count))), sourceLocation: location)
            var rest = events[...]
            var rated: Set<Int64> = []
            for entry in entries {
                let list = entry.list
                let answered = rest.prefix(list.causedByTotal)
                rest = rest.dropFirst(list.causedByTotal)
                #expect(answered.count == list.causedByTotal, "user \(user)", sourceLocation: location)
                #expect(
                    list.causedBy == answered.suffix(16).map { cause($0, topics) },
                    "user \(user), list \(list.sequence)", sourceLocation: location)
                #expect(answered.allSatisfy { $0.partition == entry.partition }, sourceLocation: location)
                for event in answered {
                    if event.isRemoval { rated.remove(event.movieID) } else { rated.insert(event.movieID) }
                }
                check(list, rated, listLength, titles, location)
            }
            #expect(rest.isEmpty, "user \(user) has \(rest.count) ratings without an answer", sourceLocation: location)
        }
    }

    private func cause(_ event: RatingOracle.Event, _ topics: KafkaTopics) -> RecommendationList.Cause {
        RecommendationList.Cause(
            topic: topics.name(of: .ratings), partition: event.partition, offset: event.offset, eventID: event.eventID,
            eventTimeMilliseconds: event.time)
    }

    private func check(
        _ list: RecommendationList, _ rated: Set<Int64>, _ length: Int, _ titles: [Int64: String],
        _ location: SourceLocation
    ) {
        let name = "user \(list.userID), list \(list.sequence)"
        let ids = list.items.map(\.movieID)
        #expect(list.items.map(\.rank) == Array(1...max(1, list.items.count)), "\(name)", sourceLocation: location)
        #expect(list.items.count <= length && Set(ids).count == ids.count, "\(name)", sourceLocation: location)
        #expect(rated.isDisjoint(with: ids), "\(name) holds rated movies", sourceLocation: location)
        let scores = list.items.compactMap(\.score)
        #expect(scores.count == ids.count && scores == scores.sorted(by: >), "\(name)", sourceLocation: location)
        if titles.isEmpty { return }
        #expect(ids.count == min(length, titles.count - rated.count), "\(name)", sourceLocation: location)
        #expect(list.items.allSatisfy { $0.title == titles[$0.movieID] }, "\(name)", sourceLocation: location)
    }
}
