import CVectorKernels
import Events
import Testing

@testable import Learning

/// Movies of whose ratings little is known, in the ranking head: they begin where their genres and years are.
struct FeatureSharesTests {
    private static let genres = ["Action", "Romance", "Horror", "Comedy"]
    private static let users: Int64 = 400
    private static let movies: Int64 = 240

    /// Each user loves the genre of his number; each movie has one.
    private static func genre(_ id: Int64) -> String { genres[Int(id % Int64(genres.count))] }

    private func film(_ id: Int64, _ genres: [String], year: Int? = nil) -> Movie {
        Movie(movieID: id, title: "Film \(id)", year: year, genres: genres)
    }

    /// A service whose users have rated, three of four times what they love.
    private func learnt(seed: UInt64 = 11, ratings: Int = 16_000) -> TestLearner {
        let test = TestLearner(model: TwoHeadModel())
        for id in 1...Self.movies { _ = test.learner.announce(film(id, [Self.genre(id)])) }
        rate(test, seed: seed, ratings: ratings)
        return test
    }

    private func rate(_ test: TestLearner, seed: UInt64, ratings: Int) {
        var random = SeededRandom(seed: seed)
        var events: [RatingEvent] = []
        for number in 0..<ratings {
            let user = Int64.random(in: 1...Self.users, using: &random)
            let number = Int64(number)
            var movie = Int64.random(in: 1...Self.movies, using: &random)
            let isLoved = !random.oneIn(4)
            if isLoved { movie = (movie - 1) / 4 * 4 + user % 4 + (user % 4 == 0 ? 4 : 0) }
            events.append(.set(user, movie, isLoved ? 10 : UInt8.random(in: 2...8, using: &random), at: number))
        }
        for first in stride(from: 0, to: events.count, by: 1000) {
            test.apply(Array(events[first..<min(first + 1000, events.count)]))
        }
    }

    private func score(_ test: TestLearner, _ user: UInt32, _ movie: UInt32) -> Float {
        let item = test.item(movie)
        return mq_dot16(test.query(user), item.vector, test.model.dimension) + item.offset
    }

    /// How likely one who loves the genre has a higher score for the movie than one who does not; by score, as the scores of
    /// one movie for all users are compared with thresholds.
    private func audience(_ test: TestLearner, _ movieID: Int64, _ genre: String) -> Double {
        let movie = test.learner.movies.row(of: movieID)
        let scores = (1...Self.users).map { id in
            (isFan: Self.genre(id) == genre, score: score(test, test.learner.users.row(of: id), movie))
        }
        let (fans, others) = (scores.filter(\.isFan), scores.filter { !$0.isFan })
        let pairs = fans.flatMap { fan in others.map { fan.score > $0.score ? 1.0 : 0 } }
        return pairs.reduce(0, +) / Double(pairs.count)
    }

    @Test func thoseWhoLoveItsGenreGetANewFilmFirst() {
        let test = learnt()
        for (number, genre) in Self.genres.enumerated() {
            _ = test.learner.announce(film(1000 + Int64(number), [genre]))
            let share = audience(test, 1000 + Int64(number), genre)
            #expect(share > 0.9, "\(genre): \(share)")
        }
    }

    /// Where nothing is known, chance decides whom it suits: over many such films, nobody is preferred.
    @Test func aFilmOfWhichNothingIsKnownIsNobodysButHasAScore() {
        let test = learnt()
        let unknown = Int64(1000)..<1040
        for id in unknown { _ = test.learner.announce(film(id, [])) }
        for genre in Self.genres {
            let share = unknown.reduce(0) { $0 + audience(test, $1, genre) } / Double(unknown.count)
            #expect((0.3...0.7).contains(share), "\(genre): \(share)")
        }
        let row = test.learner.movies.row(of: 1000)
        #expect(mq_all_finite(test.item(row).vector, test.model.dimension))
        // The benefit of the doubt: it stands among the known ones.
        let user = test.learner.users.row(of: 1)
        let lower = (0..<UInt32(Self.movies)).count { score(test, user, $0) < score(test, user, row) }
        #expect(lower > Int(Self.movies) / 10)
    }

    /// All films are announced before anybody rates, as when a service starts: the unrated follow what is learnt of others.
    @Test func oneThatWasAnnouncedBeforeAllRatingsFollows() {
        let test = TestLearner(model: TwoHeadModel())
        for id in 1...Self.movies { _ = test.learner.announce(film(id, [Self.genre(id)])) }
        _ = test.learner.announce(film(1000, ["Horror"]))
        rate(test, seed: 3, ratings: 16_000)
        #expect(test.learner.movies.pointer(test.learner.movies.row(of: 1000)).pointee.ratingCount == 0)
        let share = audience(test, 1000, "Horror")
        #expect(share > 0.9, "\(share)")
    }

    @Test func oneThatIsDescribedAnewChangesItsAudienceUnlessItsRatingsSpeak() {
        let test = learnt()
        _ = test.learner.announce(film(1000, ["Action"]))
        test.model.clearDirty()
        #expect(test.learner.announce(film(1000, ["Romance"])) == .described(test.learner.movies.row(of: 1000)))
        #expect(test.model.dirtyMovies.contains(test.learner.movies.row(of: 1000)), "the index hears of it")
        #expect(audience(test, 1000, "Romance") > 0.9)
        #expect(audience(test, 1000, "Action") < 0.5)

        let known = test.learner.movies.row(of: 4)
        let before = test.item(known).vector
        _ = test.learner.announce(film(4, ["Romance"]))
        let after = test.item(known).vector
        let moved = zip(before, after).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(moved > 0 && moved < 0.01 * mq_dot16(before, before, test.model.dimension))
        #expect(audience(test, 4, Self.genre(4)) > 0.9, "those who rated it know better")
    }

    @Test func theRowOfAMovieThatWentBeginsAnew() {
        let test = learnt()
        let row = test.learner.movies.row(of: 5)
        test.model.removeMovie(row)
        let gone = test.item(row).vector
        let fresh = TestLearner(model: TwoHeadModel())
        fresh.model.addMovie(0, id: 0, description: MovieDescription())
        #expect(gone == fresh.item(0).vector)
    }

    /// Against sums in double precision, written down once more.
    @Test func followingAndLearningAreWhatTheyAreSaidToBe() {
        let dimension = 16
        let features = FeatureTable(dimension: 16, fixedOfUsers: 1, fixedOfMovies: 0)
        let shares = FeatureShares(dimension: dimension, features: features)
        let descriptions = [
            MovieDescription(year: 1994, genres: ["A", "B"]), MovieDescription(genres: ["B"]), MovieDescription(),
        ]
        var random = SeededRandom(seed: 4)
        var vectors = descriptions.map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
        let names = [["A", "B", "1990"], ["B"], []]
        var ofName: [String: [Double]] = [:]
        var counts: [String: Double] = [:]
        var taken = vectors.map { _ in [Double](repeating: 0, count: dimension) }
        for (movie, description) in descriptions.enumerated() {
            features.describe(UInt32(movie), description)
            shares.add(UInt32(movie))
        }
        let zeros = [Double](repeating: 0, count: dimension)
        for step in 0..<4000 {
            let movie = Int.random(in: 0..<3, using: &random)
            if random.oneIn(2) {
                shares.learn(UInt32(movie), vector: vectors[movie])
                var error = vectors[movie].map(Double.init)
                let all = ["all"] + names[movie]
                for name in all { for at in 0..<dimension { error[at] -= ofName[name, default: zeros][at] } }
                for name in all {
                    let rate = max(0.002, 1 / (counts[name, default: 0] + 1)) / Double(all.count)
                    for at in 0..<dimension { ofName[name, default: zeros][at] += rate * error[at] }
                    counts[name, default: 0] += 1
                }
            } else {
                let ratings = Float(step % 5)
                let old = vectors[movie]
                shares.follow(UInt32(movie), vector: &vectors[movie], ratings: ratings)
                for at in 0..<dimension {
                    let wanted = names[movie].reduce(0) { $0 + ofName[$1, default: zeros][at] }
                    let move = (wanted - taken[movie][at]) / Double(1 + ratings)
                    taken[movie][at] += move
                    #expect(abs(Double(vectors[movie][at] - old[at]) - move) < 1e-5)
                }
            }
        }
        #expect(vectors.allSatisfy { mq_all_finite($0, dimension) })
    }

    // MARK: State

    /// A replay from a checkpoint goes on to the same bits, films that came in between among them.
    @Test func aRestoredStateGoesOnToTheSameBits() throws {
        let test = learnt(ratings: 5000)
        _ = test.learner.announce(film(1000, ["Action", "Romance"], year: 1999))
        let restored = try TestLearner(restoring: test.image(), model: TwoHeadModel())
        for each in [test, restored] {
            rate(each, seed: 21, ratings: 2000)
            _ = each.learner.announce(film(1001, ["Thriller", "Romance"], year: 2001))
            rate(each, seed: 22, ratings: 2000)
        }
        #expect(try restored.digest() == test.digest())
        #expect(restored.item(test.learner.movies.row(of: 1001)) == test.item(test.learner.movies.row(of: 1001)))
    }
}
