/// Where genres and groups of people stand in the space of tastes of a made-up data set.
struct TasteSpace {
    typealias Taste = SIMD8<Float>

    /// The genres of ml-1m, with roughly the share of its movies in percent.
    static let genres: [(name: String, percent: Int)] = [
        ("Action", 13), ("Adventure", 7), ("Animation", 3), ("Children's", 6), ("Comedy", 31), ("Crime", 5),
        ("Documentary", 3), ("Drama", 41), ("Fantasy", 2), ("Film-Noir", 1), ("Horror", 9), ("Musical", 3),
        ("Mystery", 3), ("Romance", 12), ("Sci-Fi", 7), ("Thriller", 13), ("War", 4), ("Western", 2),
    ]
    /// The first years of ml-1m's age buckets, with roughly the share of its users in percent.
    static let ages: [(years: Int, percent: Int)] = [
        (1, 4), (18, 18), (25, 35), (35, 20), (45, 9), (50, 8), (56, 6),
    ]

    /// Few directions matter much, as in real ratings; the squares sum to about 8.
    private static let axisWeights = Taste(1.9, 1.5, 1.1, 0.8, 0.5, 0.3, 0.2, 0.1)

    let ofGenre: [Taste]
    let ofGender: [Taste]
    let ofAge: [Taste]

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        ofGenre = Self.genres.map { _ in Self.draw(&random) }
        ofGender = (0..<2).map { _ in Self.draw(&random) }
        ofAge = Self.ages.map { _ in Self.draw(&random) }
    }

    /// A point whose coordinates are independent, nearly normal, of variance 1.
    static func draw(_ random: inout SplitMix64) -> Taste {
        var taste = Taste()
        for axis in taste.indices { taste[axis] = random.normal() }
        return taste
    }

    /// How much a movie is to a user's taste: about normal with variance 1 over random pairs.
    @inline(__always)
    static func affinity(_ user: Taste, _ movie: Taste) -> Float {
        // An explicit order of the additions, because the sum must be the same on every machine.
        let products = user * movie * axisWeights
        let pairs = products.lowHalf + products.highHalf
        let sums = pairs.lowHalf + pairs.highHalf
        return (sums[0] + sums[1]) * 0.353_553_39
    }

    /// The row that `percents` gives to a draw from 0 to below their sum.
    static func row(_ percents: [Int], draw: Int) -> Int {
        var rest = draw
        for (row, percent) in percents.enumerated() {
            if rest < percent { return row }
            rest -= percent
        }
        return percents.count - 1
    }
}
