/// What the rating head learns of some events: it has nothing in common with the ranking head and the blend that an event
/// changes.
struct StarsTask {
    let rating: RatingHead

    /// Learns the events in order, and writes what was predicted of each before.
    func learn(_ work: LearningWork, _ range: Range<Int>) {
        let (events, users) = (work.events, work.users)
        for at in range {
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
