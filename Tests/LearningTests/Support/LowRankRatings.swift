/// Made-up ratings of all pairs of users and movies, in a random order: mean, biases and two factors of taste,
/// rounded to half stars.
struct LowRankRatings {
    let events: [RatingEvent]

    init(seed: UInt64, users: Int, movies: Int) {
        var random = SeededRandom(seed: seed)
        let draw = { (random: inout SeededRandom, scale: Double) in Double.random(in: -scale...scale, using: &random) }
        let userRows = (0..<users).map { _ in (draw(&random, 0.4), draw(&random, 1.4), draw(&random, 1.4)) }
        let movieRows = (0..<movies).map { _ in (draw(&random, 0.6), draw(&random, 1.4), draw(&random, 1.4)) }
        var pairs = (0..<users * movies).map { ($0 / movies, $0 % movies) }
        pairs.shuffle(using: &random)
        events = pairs.enumerated().map { at, pair in
            let (user, movie) = (userRows[pair.0], movieRows[pair.1])
            let stars = 3.2 + user.0 + movie.0 + user.1 * movie.1 + user.2 * movie.2
            let halfStars = UInt8(min(10, max(1, (stars * 2).rounded())))
            return .set(Int64(pair.0 + 1), Int64(pair.1 + 1), halfStars, at: Int64(at))
        }
    }
}
