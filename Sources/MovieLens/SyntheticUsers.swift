import Events

/// The users of a made-up data set: what they say of themselves, and what only shows in their ratings.
struct SyntheticUsers {
    private(set) var users: [UserProfile] = []
    private(set) var tastes: [TasteSpace.Taste] = []
    /// Some rate everything higher: mean 0, variance about 1.
    private(set) var moods: [Float] = []
    /// Share of all ratings, not normalised: a Pareto tail of exponent 4/3.
    private(set) var activities: [Float] = []

    init(seed: UInt64, count: Int, tastes space: TasteSpace) {
        var random = SplitMix64(seed: seed)
        let agePercents = TasteSpace.ages.map(\.percent)
        for row in 0..<count {
            let gender: Gender = random.below(100) < 28 ? .female : .male
            let age = TasteSpace.row(agePercents, draw: random.below(100))
            let group = (space.ofGender[Int(gender.rawValue)] + space.ofAge[age]) * 0.35
            tastes.append(group + TasteSpace.draw(&random) * 0.87)
            moods.append(random.normal())
            let root = (random.uniform() + 0.004).squareRoot()
            activities.append(1 / (root * root.squareRoot()))
            users.append(
                UserProfile(
                    userID: Int64(row + 1), gender: gender, age: TasteSpace.ages[age].years,
                    occupation: random.below(Occupations.names.count), zip: String(10_000 + random.below(90_000))))
        }
    }
}
