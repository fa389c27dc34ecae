/// Judges the lists by a recount of the inputs.
struct ListVerdict {
    var recount: Recount
    var lists: PublishedLists
    var ratingsTopic: String
    var delivery: Delivery

    /// Everything that is wrong, a sentence each: sequences from 1 without gaps or repeats between tombstones; every
    /// rating that is owed a list named by exactly one, in order, the newest sixteen of a list named and all counted;
    /// epochs that never fall; no movie that the user has rated; nothing after the tombstone of a user who stays
    /// forgotten.
    func problems() -> [String] {
        var problems = lists.problems + recount.problems
        for user in Set(lists.entries.keys).union(recount.opinions.keys).sorted() {
            problems += self.problems(of: user).map { "user \(user), \($0)" }
        }
        return problems
    }

    private func problems(of user: Int64) -> [String] {
        let published = lists.segments(user, delivery)
        let opinions = recount.segments(user)
        if published.count != opinions.count {
            return ["\(published.count - 1) tombstones for \(opinions.count - 1) times forgotten"]
        }
        return zip(published, opinions).enumerated().flatMap { number, pair in
            let name = opinions.count > 1 ? "part \(number), " : ""
            return segmentProblems(pair.0, pair.1, isOpen: number == opinions.count - 1).map { name + $0 }
        }
    }

    private func segmentProblems(
        _ lists: [PublishedLists.List], _ opinions: [Recount.Opinion], isOpen: Bool
    ) -> [String] {
        var problems: [String] = []
        if lists.map(\.sequence) != lists.indices.map({ Int64($0 + 1) }) {
            problems.append("has the sequences \(lists.map(\.sequence))")
        }
        if zip(lists, lists.dropFirst()).contains(where: { $0.epoch > $1.epoch }) {
            problems.append("has the epochs \(lists.map(\.epoch))")
        }
        let owed = Recount.fold(opinions).owed
        let index = Dictionary(owed.enumerated().map { ($1.place.offset, $0) }) { $1 }
        var next = 0
        var rated: Set<Int64> = []
        for list in lists {
            let named = list.causes.filter { $0.topic == ratingsTopic }
            // The last one that is named says how far the list goes.
            let end = named.last.map { index[$0.offset].map { $0 + 1 } ?? -1 } ?? next
            if end < next || end == next && !named.isEmpty {
                problems.append("list \(list.sequence) names \(named), which is answered already or owed nothing")
                continue
            }
            let answered = owed[next..<end]
            next = end
            if named.map(\.offset) != answered.suffix(named.count).map(\.place.offset)
                || zip(named, answered.suffix(named.count)).contains(where: { $0.partition != $1.place.partition })
            {
                problems.append("list \(list.sequence) names \(named) instead of the newest of \(answered.count)")
            }
            let others = list.causeCount - answered.count
            let namedOthers = list.causes.count - named.count
            if list.causes.count != min(16, list.causeCount) || others < namedOthers
                || list.causeCount <= 16 && others != namedOthers
            {
                problems.append(
                    "list \(list.sequence) names \(named.count) and \(namedOthers) others of \(list.causeCount) for"
                        + " \(answered.count) ratings")
            }
            for opinion in answered {
                if opinion.place.partition != list.partition { problems.append("list \(list.sequence) is elsewhere") }
                if opinion.isRemoval { rated.remove(opinion.movie) } else { rated.insert(opinion.movie) }
            }
            if !rated.isDisjoint(with: list.movies) {
                problems.append("list \(list.sequence) holds rated movies: \(rated.intersection(list.movies))")
            }
            if list.movies.count > Deployment.listLength || Set(list.movies).count != list.movies.count {
                problems.append("list \(list.sequence) has the movies \(list.movies)")
            }
        }
        // What was still on its way when the user was forgotten is dropped.
        if isOpen, next < owed.count { problems.append("\(owed.count - next) ratings have no list") }
        return problems
    }
}
