import Events

/// The movies of a made-up data set: what is announced of them, and what only the made-up users know.
struct SyntheticMovies {
    private(set) var movies: [Movie] = []
    private(set) var tastes: [TasteSpace.Taste] = []
    /// Better ones are liked by everybody: mean 0, variance about 1.
    private(set) var qualities: [Float] = []
    /// Row `i` is the sum of the popularities of movies 0…i.
    private(set) var popularitySums: [Float] = []
    private var popularityGuide: [Int32] = []

    init(seed: UInt64, count: Int, tastes space: TasteSpace) {
        var random = SplitMix64(seed: seed)
        var titles = SyntheticTitles()
        let ranks = Self.shuffledRanks(count, &random)
        var sum: Float = 0
        for row in 0..<count {
            let genres = Self.genres(&random)
            var taste = TasteSpace.Taste()
            for genre in genres { taste += space.ofGenre[genre] }
            taste *= 0.6 / Float(genres.count).squareRoot()
            tastes.append(taste + TasteSpace.draw(&random) * 0.8)

            // As in ml-1m, the best known movie has about half a percent of all ratings, and is a good one.
            let rank = Float(ranks[row])
            sum += 1 / (rank + Float(count) / 80 + 1)
            popularitySums.append(sum)
            qualities.append(0.8 * random.normal() + 1 - 2 * rank / Float(count))

            let year = Self.year(&random)
            let title = "\(titles.next(&random)) (\(year))"
            movies.append(
                Movie(
                    movieID: Int64(row + 1), title: title, year: year, genres: genres.map { TasteSpace.genres[$0].name }
                ))
        }
        popularityGuide = Self.guide(popularitySums)
    }

    /// A movie drawn by popularity, in O(1) on average: the guide says where to begin to look.
    @inline(__always)
    func popular(_ random: inout SplitMix64) -> Int {
        let draw = random.uniform()
        let target = draw * (popularitySums.last ?? 0)
        var row = Int(popularityGuide[Int(draw * Float(popularityGuide.count))])
        while row < popularitySums.count - 1, popularitySums[row] <= target { row += 1 }
        return row
    }

    /// Row `i` of 4096 is the first movie that a draw from `i`/4096 on can give. A power of two, so that the quotient is
    /// exact and rounding cannot put the start behind the movie.
    private static func guide(_ sums: [Float]) -> [Int32] {
        let count = 4096
        var row = 0
        return (0..<count).map { part in
            let target = Float(part) / Float(count) * (sums.last ?? 0)
            while row < sums.count - 1, sums[row] <= target { row += 1 }
            return Int32(row)
        }
    }

    private static func shuffledRanks(_ count: Int, _ random: inout SplitMix64) -> [Int] {
        var ranks = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) { ranks.swapAt(last, random.below(last + 1)) }
        return ranks
    }

    /// One to three rows of `TasteSpace.genres`, ascending, so that the names are sorted as in ml-1m.
    private static func genres(_ random: inout SplitMix64) -> [Int] {
        let percents = TasteSpace.genres.map(\.percent)
        let wanted = 1 + TasteSpace.row([50, 35, 15], draw: random.below(100))
        var genres: Set<Int> = []
        while genres.count < wanted {
            genres.insert(TasteSpace.row(percents, draw: random.below(percents.reduce(0, +))))
        }
        return genres.sorted()
    }

    /// 1930…2000, most of them recent.
    private static func year(_ random: inout SplitMix64) -> Int {
        let age = random.uniform()
        return 2000 - Int(age * age * age * 71)
    }
}
