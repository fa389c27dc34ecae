import Testing

@testable import MovieLens

@Suite struct SyntheticStreamTests {
    /// FNV-1a over everything that the set says.
    private func checksum(_ set: SyntheticStream) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        func add(_ number: some FixedWidthInteger) {
            for shift in stride(from: 0, to: 64, by: 8) {
                add(UInt8(truncatingIfNeeded: Int64(number) >> Int64(shift)))
            }
        }
        for movie in set.movies() {
            add(movie.movieID)
            (movie.title + movie.genres.joined(separator: "|")).utf8.forEach(add)
        }
        for user in set.users() {
            add(user.userID)
            add(user.gender?.rawValue ?? 9)
            add(user.age ?? -1)
            add(user.occupation ?? -1)
            user.zip?.utf8.forEach(add)
        }
        let ratings = set.ratings()
        for row in 0..<ratings.count {
            add(ratings.userIDs[row])
            add(ratings.movieIDs[row])
            add(ratings.halfStars[row])
            add(ratings.timestampsSeconds[row])
        }
        return hash
    }

    /// Whoever changes the made-up data changes every figure that was measured on it, so he changes these as well.
    @Test func isTheSameEverywhere() {
        #expect(checksum(SyntheticStream(seed: 1, users: 60, movies: 200, ratings: 3000)) == 14_804_750_553_239_405_758)
        #expect(
            checksum(SyntheticStream(seed: 2, users: 60, movies: 200, ratings: 3000, halfStars: true))
                == 5_845_539_889_079_882_911)
    }

    @Test func differsBySeed() {
        let one = SyntheticStream(seed: 1, users: 20, movies: 50, ratings: 200)
        let two = SyntheticStream(seed: 2, users: 20, movies: 50, ratings: 200)
        #expect(one.movies() != two.movies())
        #expect(one.ratings() != two.ratings())
    }

    @Test func moreUsersDoNotChangeTheMovies() {
        let few = SyntheticStream(seed: 5, users: 20, movies: 50, ratings: 200)
        let many = SyntheticStream(seed: 5, users: 40, movies: 50, ratings: 200)
        #expect(few.movies() == many.movies())
        #expect(few.users() == Array(many.users().prefix(20)))
    }

    @Test(
        arguments: [
            (1, 2, 1), (1, 100, 50), (3, 7, 10), (50, 40, 1000), (10, 10, 0), (400, 5, 400), (943, 1682, 100_000),
        ], [false, true])
    func hasTheShapeAskedFor(size: (Int, Int, Int), halfStars: Bool) {
        let (users, movies, ratings) = size
        let set = SyntheticStream(seed: 3, users: users, movies: movies, ratings: ratings, halfStars: halfStars)
        let stream = set.ratings()
        #expect(set.users().map(\.userID) == (1...users).map(Int64.init))
        #expect(set.movies().map(\.movieID) == (1...movies).map(Int64.init))
        #expect(stream.count == ratings)
        #expect(stream == stream.sortedByTime())
        #expect(stream.userIDs.allSatisfy { (1...Int32(users)).contains($0) })
        #expect(stream.movieIDs.allSatisfy { (1...Int32(movies)).contains($0) })
        #expect(stream.halfStars.allSatisfy { (1...10).contains($0) && (halfStars || $0.isMultiple(of: 2)) })
        let pairs = Set(zip(stream.userIDs, stream.movieIDs).map { Int64($0) << 32 | Int64($1) })
        #expect(pairs.count == ratings, "a user rates a movie once")
    }

    @Test func looksLikeMovieLens() {
        let set = SyntheticStream(seed: 4)
        let stream = set.ratings()
        #expect(Set(set.movies().map(\.title)).count == 1682, "titles are distinct")
        #expect(set.movies().allSatisfy { $0.year == TitleYear.split($0.title).year && $0.year != nil })
        #expect(GenreVocabulary(set.movies()).genres == TasteSpace.genres.map(\.name))
        #expect(set.users().allSatisfy { $0.gender != nil && (0...20).contains($0.occupation ?? -1) })

        let mean = stream.halfStars.reduce(0) { $0 + Double($1) } / Double(stream.count) / 2
        #expect((3.2...3.8).contains(mean))
        var perMovie = [Int](repeating: 0, count: 1683)
        for movie in stream.movieIDs { perMovie[Int(movie)] += 1 }
        let ranked = perMovie.sorted(by: >)
        #expect(ranked.prefix(168).reduce(0, +) > stream.count / 3, "a tenth of the movies has a third of the ratings")
        #expect(ranked[0] < stream.count / 50)
    }

    /// The reference learner: shrunk means of users and movies, and on top of them matrix factorisation by stochastic
    /// gradient descent; each event is predicted before it is learnt.
    @Test(arguments: [UInt64(1), 2, 3])
    func learningLowersTheError(seed: UInt64) {
        let stream = SyntheticStream(seed: seed).ratings()
        let rank = 8
        let rate: Float = 0.15
        var random = SplitMix64(seed: seed)
        var users = (0..<944 * rank).map { _ in random.normal() * 0.1 }
        var movies = (0..<1683 * rank).map { _ in random.normal() * 0.1 }
        var userMeans = [ShrunkMean](repeating: ShrunkMean(), count: 944)
        var movieMeans = [ShrunkMean](repeating: ShrunkMean(), count: 1683)
        // Sums of squares a quarter of the stream.
        var meansErrors = [Float](repeating: 0, count: 4)
        var errors = [Float](repeating: 0, count: 4)
        for row in 0..<stream.count {
            let user = Int(stream.userIDs[row])
            let movie = Int(stream.movieIDs[row])
            let residual = Float(stream.halfStars[row]) / 2 - 3.5
            let byMeans = userMeans[user].value + movieMeans[movie].value
            var error = residual - byMeans
            let quarter = row * 4 / stream.count
            meansErrors[quarter] += error * error
            for axis in 0..<rank { error -= users[user * rank + axis] * movies[movie * rank + axis] }
            errors[quarter] += error * error

            userMeans[user].add(residual - movieMeans[movie].value)
            movieMeans[movie].add(residual - userMeans[user].value)
            for axis in 0..<rank {
                let old = users[user * rank + axis]
                users[user * rank + axis] += rate * (error * movies[movie * rank + axis] - 0.02 * old)
                movies[movie * rank + axis] += rate * (error * old - 0.02 * movies[movie * rank + axis])
            }
        }
        #expect(errors[3] < 0.95 * errors[0], "seed \(seed): \(errors)")
        #expect(errors[3] < 0.98 * meansErrors[3], "seed \(seed): \(errors) against \(meansErrors) by means alone")
    }

    private struct ShrunkMean {
        private var sum: Float = 0
        private var count: Float = 5
        var value: Float { sum / count }

        mutating func add(_ number: Float) {
            sum += number
            count += 1
        }
    }

    /// Of the last ratings a taste-aware list (what those who liked the user's films liked) holds more than a list
    /// of the most popular.
    @Test(arguments: [UInt64(1), 2])
    func tasteBeatsPopularity(seed: UInt64) {
        let stream = SyntheticStream(seed: seed, users: 400, movies: 300, ratings: 24_000).ratings()
        var together = [[Float]](repeating: [Float](repeating: 0, count: 301), count: 301)
        var liked = [[Int]](repeating: [], count: 401)
        var seen = [Set<Int>](repeating: [], count: 401)
        var popularity = [Float](repeating: 0, count: 301)
        var tasteHits = 0
        var popularHits = 0
        for row in 0..<stream.count {
            let user = Int(stream.userIDs[row])
            let movie = Int(stream.movieIDs[row])
            let isLiked = stream.halfStars[row] >= 8
            if isLiked, row >= stream.count / 2 {
                func isHit(_ score: (Int) -> Float) -> Bool {
                    let own = score(movie)
                    let better = (1...300).filter { $0 != movie && !seen[user].contains($0) && score($0) >= own }
                    return better.count < 10
                }
                if isHit({ popularity[$0] }) { popularHits += 1 }
                let taste = (0...300).map { candidate in
                    liked[user].reduce(0) { $0 + together[candidate][$1] / (popularity[$1] + 5) }
                        / (popularity[candidate] + 5).squareRoot()
                }
                if isHit({ taste[$0] }) { tasteHits += 1 }
            }
            seen[user].insert(movie)
            guard isLiked else { continue }
            for other in liked[user] {
                together[movie][other] += 1
                together[other][movie] += 1
            }
            liked[user].append(movie)
            popularity[movie] += 1
        }
        #expect(
            Double(tasteHits) > 1.1 * Double(popularHits), "seed \(seed): hits \(tasteHits) against \(popularHits)")
    }
}
