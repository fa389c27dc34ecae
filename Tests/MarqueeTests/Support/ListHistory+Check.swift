import Events
import Kafka

extension ListHistory {
    /// Everything that is wrong with the lists by a recount of the ratings, a sentence each: sequences without gaps,
    /// every event answered exactly once and in order, its newest sixteen named, on the partition of the ratings, ranks
    /// and titles, no movie that the user has rated. For applications whose movies and users came before the service.
    func problems(
        against oracle: RatingOracle, topics: KafkaTopics, listLength: Int, titles: [Int64: String] = [:]
    ) -> [String] {
        var problems: [String] = []
        if Set(lists.keys) != Set(oracle.answered.keys) {
            problems.append("users with lists and users with ratings are not the same")
        }
        let checker = ListChecker(topics: topics, listLength: listLength, titles: titles)
        for (user, events) in oracle.answered.sorted(by: { $0.key < $1.key }) {
            problems += checker.problems((lists[user] ?? [:]).sorted { $0.key < $1.key }.map(\.value), events)
                .map { "user \(user), \($0)" }
        }
        return problems
    }
}

/// Walks one user's lists beside his ratings.
private struct ListChecker {
    var topics: KafkaTopics
    var listLength: Int
    var titles: [Int64: String]

    func problems(_ entries: [ListHistory.Entry], _ events: [RatingOracle.Event]) -> [String] {
        var problems: [String] = []
        if entries.map(\.list.sequence) != (0..<entries.count).map({ Int64($0 + 1) }) {
            problems.append("sequences \(entries.map(\.list.sequence))")
        }
        var next = 0
        var others = 0
        var rated: Set<Int64> = []
        for entry in entries {
            let list = entry.list
            let named = list.causedBy.filter(\.isRating)
            // The last one that is named says how far the list goes.
            let end = named.last.flatMap { last in events.firstIndex { $0.offset == last.offset }.map { $0 + 1 } }
            let answered = events[next..<max(next, end ?? next)]
            next = answered.endIndex
            others += list.causedByTotal - answered.count
            let expected = answered.suffix(named.count).map(cause)
            if named != expected { problems.append("list \(list.sequence) names \(named), not \(expected)") }
            if list.causedBy.count != min(16, list.causedByTotal) {
                problems.append("list \(list.sequence) names \(list.causedBy.count) of \(list.causedByTotal) causes")
            }
            if list.reason != .rated, !answered.contains(where: \.isRemoval) {
                problems.append("list \(list.sequence) is said to be \(list.reason.rawValue)")
            }
            for event in answered {
                if event.partition != entry.partition { problems.append("list \(list.sequence) is elsewhere") }
                if event.isRemoval { rated.remove(event.movieID) } else { rated.insert(event.movieID) }
            }
            problems += self.problems(list, rated).map { "list \(list.sequence) \($0)" }
        }
        if next < events.count { problems.append("\(events.count - next) ratings without an answer") }
        if others != 0 { problems.append("\(others) causes that are no ratings") }
        return problems
    }

    private func cause(_ event: RatingOracle.Event) -> RecommendationList.Cause {
        RecommendationList.Cause(
            topic: topics.name(of: .ratings), partition: event.partition, offset: event.offset,
            eventID: event.eventID.isEmpty ? nil : event.eventID, eventTimeMilliseconds: event.time)
    }

    private func problems(_ list: RecommendationList, _ rated: Set<Int64>) -> [String] {
        var problems: [String] = []
        let ids = list.items.map(\.movieID)
        if list.items.map(\.rank) != ids.indices.map({ $0 + 1 }) { problems.append("has other ranks") }
        if ids.count > listLength || Set(ids).count != ids.count { problems.append("has the items \(ids)") }
        if !rated.isDisjoint(with: ids) { problems.append("holds rated movies: \(rated.intersection(ids))") }
        let scores = list.items.compactMap(\.score)
        if scores.count != ids.count || scores != scores.sorted(by: >) { problems.append("has the scores \(scores)") }
        if titles.isEmpty { return problems }
        if ids.count != min(listLength, titles.count - rated.count) { problems.append("has \(ids.count) items") }
        for item in list.items where item.title != titles[item.movieID] {
            problems.append("calls movie \(item.movieID) '\(item.title ?? "")'")
        }
        return problems
    }
}
