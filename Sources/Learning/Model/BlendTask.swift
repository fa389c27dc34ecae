/// What the blend learns of some events from which the ranking head has learnt.
struct BlendTask {
    let blend: Blend

    /// Learns the events in order.
    ///
    /// - Parameter examples: What the ranking head left of them.
    func learn(_ work: LearningWork, _ range: Range<Int>, from examples: BlendExamples) {
        let (events, users) = (work.events, work.users)
        for at in range {
            let user = events.users[at]
            let movie = events.movies[at]
            let isLiked = events.isLiked(at)
            if !events.isChoice(at) {
                if events.wasLiked(at) && !isLiked { blend.lastItems.setLiked(false, movie, of: user) }
                continue
            }
            let profile = users.pointer(user).pointee
            let ratingCount = Int(events.historyCounts[at])
            let place = at - range.lowerBound
            if let example = examples.example(ofEvent: place) {
                blend.learnWeights(
                    user: user, profile: profile, ratingCount: ratingCount, movieCount: events.movieCounts[at], example)
            }
            blend.count(
                user: user, profile: profile, movie: movie, isLiked: isLiked, isKnown: examples.isKnown(place),
                ratingCount: ratingCount)
        }
    }
}
