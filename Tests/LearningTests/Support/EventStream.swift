import Events

/// A made-up stream of all kinds of events about few users and movies, so that they meet again and again.
struct EventStream {
    enum Event {
        case rating(RatingEvent)
        case announced(Movie)
        case withdrawn(Int64)
        case profile(UserProfile)
        /// User and record timestamp.
        case forgotten(Int64, Int64)
    }

    private var random: SeededRandom
    /// Milliseconds; record timestamps follow it.
    private var now: Int64 = 1000

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func next() -> Event {
        now += 1
        let user = Int64.random(in: 1...12, using: &random)
        let movie = Int64.random(in: 1...15, using: &random)
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<6:
            let title = ["Heat", "Up", "Alien"].randomElement(using: &random) ?? ""
            return .announced(
                Movie(movieID: movie, title: title, year: random.oneIn(3) ? nil : 1995, genres: ["Drama"]))
        case 6..<10:
            return .withdrawn(movie)
        case 10..<16:
            return .profile(
                UserProfile(
                    userID: user, gender: [nil, .male, .female].randomElement(using: &random) ?? nil,
                    age: random.oneIn(2) ? nil : Int.random(in: 0...1, using: &random),
                    occupation: random.oneIn(2) ? nil : Int.random(in: 0...1, using: &random)))
        case 16..<19:
            return .forgotten(user, now - Int64.random(in: -20...20, using: &random))
        default:
            // Event times within a window of 40 ms and few values: late, equal and repeated events are common.
            let time = now / 40 * 40 + Int64.random(in: 0..<40, using: &random)
            let produced = now - Int64.random(in: 0..<30, using: &random)
            if random.oneIn(5) { return .rating(.remove(user, movie, at: time, produced: produced)) }
            let halfStars = UInt8.random(in: 1...3, using: &random) * 3
            return .rating(.set(user, movie, halfStars, at: time, produced: produced))
        }
    }

    mutating func take(_ count: Int) -> [Event] { (0..<count).map { _ in next() } }
}

extension TestLearner {
    /// Applies events one by one, ratings that follow each other in one call.
    func apply(_ events: [EventStream.Event]) {
        var ratings: [RatingEvent] = []
        for event in events {
            if case .rating(let rating) = event {
                ratings.append(rating)
                continue
            }
            apply(ratings)
            ratings = []
            switch event {
            case .rating: break
            case .announced(let movie): _ = learner.announce(movie)
            case .withdrawn(let id): _ = learner.withdraw(movieID: id)
            case .profile(let profile): _ = learner.describe(profile)
            case .forgotten(let id, let time): _ = learner.forget(userID: id, recordTimestampMilliseconds: time)
            }
        }
        apply(ratings)
    }
}
