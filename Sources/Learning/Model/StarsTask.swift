/// What the rating head learns of a batch: it has nothing in common with the ranking head and the blend, so it may be done beside
/// them.
final class StarsTask {
    /// What `learn` learns.
    var batch: (events: LearningEvents, users: UserTable)?
    private let rating: RatingHead

    init(_ rating: RatingHead) { self.rating = rating }

    /// Learns the events of the batch in order, and writes what was predicted of each before.
    func learn() {
        guard let (events, users) = batch else { return }
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
