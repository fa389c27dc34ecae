/// Lets the made-up users rate.
struct SyntheticRatings {
    let seed: UInt64
    let movies: SyntheticMovies
    let users: SyntheticUsers
    let halfStars: Bool

    /// A user looks at this many known movies before he picks one.
    private static let choices = 12
    /// How much taste, against chance, decides the pick.
    private static let tasteWeight: Float = 1.2
    /// ml-1m's first rating, and its span of nearly three years.
    private static let startSeconds: Int64 = 956_703_932
    private static let joinSpanSeconds = 800 * 86_400

    /// `count` ratings, user by user.
    func ratings(count: Int) -> RatingTable {
        var table = RatingTable()
        table.reserveCapacity(count)
        var random = SplitMix64(seed: seed)
        // The user who last rated the movie: cheaper than a set a user.
        var lastRater = [Int32](repeating: 0, count: movies.movies.count)
        for (user, quota) in quotas(count).enumerated() {
            var time = Self.startSeconds + Int64(random.below(Self.joinSpanSeconds))
            var untilBreak = sitting(&random)
            var whim = whim(of: user, &random)
            for _ in 0..<quota {
                let movie = pick(user, whim, lastRater, &random)
                lastRater[movie] = Int32(user + 1)
                table.append(
                    userID: Int32(user + 1), movieID: Int32(movie + 1), halfStars: stars(user, movie, &random),
                    timestampSeconds: time)
                time += Int64(3 + random.below(40))
                untilBreak -= 1
                if untilBreak == 0 {
                    time += Int64(3600 + random.below(20 * 86_400))
                    untilBreak = sitting(&random)
                    whim = self.whim(of: user, &random)
                }
            }
        }
        return table
    }

    /// Ratings that a user gives before he comes back another day.
    private func sitting(_ random: inout SplitMix64) -> Int { 8 + random.below(25) }

    /// What he is after this time: his taste, moved a little. It steers what he picks, not how he rates it.
    private func whim(of user: Int, _ random: inout SplitMix64) -> TasteSpace.Taste {
        users.tastes[user] + TasteSpace.draw(&random) * 0.7
    }

    private func pick(
        _ user: Int, _ whim: TasteSpace.Taste, _ lastRater: [Int32], _ random: inout SplitMix64
    ) -> Int {
        var best = -1
        var bestAppeal = -Float.infinity
        for _ in 0..<Self.choices {
            let movie = movies.popular(&random)
            if lastRater[movie] == Int32(user + 1) { continue }
            let appeal =
                Self.tasteWeight * TasteSpace.affinity(whim, movies.tastes[movie]) + 0.3 * movies.qualities[movie]
                + random.normal()
            if appeal > bestAppeal {
                bestAppeal = appeal
                best = movie
            }
        }
        if best >= 0 { return best }
        // Whoever has seen all the popular ones takes the next that he has not seen, from a random place on.
        var movie = random.below(lastRater.count)
        while lastRater[movie] == Int32(user + 1) { movie = (movie + 1) % lastRater.count }
        return movie
    }

    /// 1…10. The weights give ml-1m's mean of about 3.6 and its spread of about 1.1.
    private func stars(_ user: Int, _ movie: Int, _ random: inout SplitMix64) -> UInt8 {
        let affinity = TasteSpace.affinity(users.tastes[user], movies.tastes[movie])
        let stars =
            2.65 + 0.45 * users.moods[user] + 0.5 * movies.qualities[movie] + 0.8 * affinity + 0.75 * random.normal()
        let steps = halfStars ? min(10, max(1, (stars * 2).rounded())) : min(5, max(1, stars.rounded())) * 2
        return UInt8(steps)
    }

    /// How many ratings each user gives: by activity, at least a few, at most three quarters of the movies.
    private func quotas(_ count: Int) -> [Int] {
        let most = max(1, movies.movies.count * 3 / 4)
        let least = min(20, count / users.users.count)
        let activity = users.activities.reduce(into: 0.0) { $0 += Double($1) }
        let spare = Double(count - least * users.users.count)
        var quotas = users.activities.map { min(most, least + Int(Double($0) / activity * spare * 0.999)) }
        // The factor keeps rounding from giving too many; what it and the upper limit leave goes around.
        var rest = count - quotas.reduce(0, +)
        while rest > 0 {
            for user in quotas.indices where rest > 0 && quotas[user] < most {
                quotas[user] += 1
                rest -= 1
            }
        }
        return quotas
    }
}
