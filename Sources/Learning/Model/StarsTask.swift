/// What the rating head learns of a batch: it has nothing in common with the ranking head and the blend, so it may be done beside
/// them.
final class StarsTask {
    /// What `learn` learns.
    var batch: (events: LearningEvents, users: UserTable)?
    private let rating: RatingHead

    init(_ rating: RatingHead) { self.rating = rating }

    func learn() {
        guard let batch else { return }
        Self.learn(rating, batch.events, batch.users)
    }

    /// Learns the events in order, and writes what was predicted of each before.
    static func learn(_ rating: RatingHead, _ events: LearningEvents, _ users: UserTable) {
        for at in 0..<events.count {
            if events.kinds[at] == LearningEvents.Kind.removed.rawValue {
                rating.takeBack(stars: events.previousStars[at])
                events.predictions[at] = .nan
                continue
            }
            let user = events.users[at]
            events.predictions[at] = rating.learn(
                user: user, profile: users.pointer(user).pointee, movie: events.movies[at], stars: events.stars[at])
            if events.kinds[at] == LearningEvents.Kind.changed.rawValue {
                rating.takeBack(stars: events.previousStars[at])
            }
        }
    }
}
