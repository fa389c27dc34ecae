import Events
import Learning
import Testing
import VectorIndex

@testable import Recommending

/// What a list says of itself.
struct ExplainerTests {
    private struct Listed {
        var item: ListedItem
        var named: [Int64]
    }

    private let learner = Learner(model: TwoHeadModel(), batchCapacity: 64)
    private let recommender: Recommender
    private let batch = RatingBatch(capacity: 64)
    private let outcomes = RatingOutcomes(capacity: 64)

    init() throws {
        recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 10)
        for id in 1...60 as ClosedRange<Int64> {
            let genres = id > 40 ? [id % 2 == 0 ? "Romance" : "War"] : ["Drama"]
            _ = learner.announce(Movie(movieID: id, title: "Film \(id)", genres: genres))
        }
    }

    private func rate(_ user: Int64, _ movie: Int64, _ halfStars: UInt8) {
        batch.removeAll()
        batch.userIDs[0] = user
        batch.movieIDs[0] = movie
        batch.halfStars[0] = halfStars
        batch.operations[0] = Rating.Operation.set.rawValue
        batch.eventTimes[0] = 1
        batch.recordTimestamps[0] = 1
        batch.count = 1
        learner.apply(batch, 0..<1, outcomes)
    }

    private func list(_ userID: Int64) throws -> [Listed] {
        try recommender.refreshIndex()
        var user = learner.row(forUser: userID)
        try withUnsafePointer(to: &user) {
            try recommender.recommend(UnsafeBufferPointer(start: $0, count: 1), isExplained: true)
        }
        var listed: [Listed] = []
        recommender.forEachItem(of: user, place: 0) { _, item, named in
            listed.append(Listed(item: item, named: Array(named)))
        }
        return listed
    }

    @Test func aMovieThatFollowsARatedOneNamesIt() throws {
        // Whoever likes 3 likes 9 next, and so with five other pairs: none of them is more popular, with anybody.
        for user in 1...300 as ClosedRange<Int64> {
            rate(user, 3 + user % 6, 10)
            rate(user, 9 + user % 6, 10)
            rate(user + 1000, 15 + user % 25, 10)
        }
        rate(5000, 3, 10)
        let first = try #require(try list(5000).first)
        #expect(first.item.movieID == 9)
        #expect(first.item.explanation == .rated && first.named == [3])
    }

    @Test func whoIsNotKnownGetsWhatIsPopular() throws {
        for user in 1...300 as ClosedRange<Int64> { rate(user, user % 7 == 0 ? 30 : user % 3 + 1, 10) }
        let listed = try list(9999)
        #expect(Set(listed.prefix(3).map(\.item.movieID)) == [1, 2, 3])
        for each in listed { #expect(each.item.explanation != .rated && each.named.isEmpty) }
        #expect(listed.first?.item.explanation == .popular)
    }

    /// Women like romances here and men war films: somebody of whom no more is known gets a list that fits.
    @Test func aProfileAloneFindsItsGenres() throws {
        for user in 1...600 as ClosedRange<Int64> {
            let gender: Gender = user % 2 == 0 ? .female : .male
            _ = learner.describe(UserProfile(userID: user, gender: gender))
            for turn in 0..<3 as Range<Int64> {
                let place = (user * 7 + turn * 3) % 10
                rate(user, 41 + place * 2 + (gender == .female ? 1 : 0), 10)
                rate(user, 41 + place * 2 + (gender == .female ? 0 : 1), 2)
            }
        }
        _ = learner.describe(UserProfile(userID: 7001, gender: .female))
        _ = learner.describe(UserProfile(userID: 7002, gender: .male))
        let (her, his) = (try list(7001), try list(7002))
        #expect(her.prefix(5).allSatisfy { $0.item.movieID > 40 && $0.item.movieID % 2 == 0 })
        #expect(his.prefix(5).allSatisfy { $0.item.movieID > 40 && $0.item.movieID % 2 == 1 })
        #expect(her.allSatisfy { $0.item.explanation != .rated })
    }

    @Test func theNamedWereRatedAndStarsAreWithinTheScale() throws {
        var generator = SplitMix64(seed: 4)
        var rated: [Int64: Set<Int64>] = [:]
        for _ in 0..<6000 {
            let (user, movie) = (Int64(generator.next() % 80) + 1, Int64(generator.next() % 60) + 1)
            rate(user, movie, UInt8(generator.next() % 10) + 1)
            if user < 40 { rated[user, default: []].insert(movie) }
        }
        var kinds: Set<String> = []
        for user in 1..<40 as Range<Int64> {
            for each in try list(user) {
                #expect((0.5...5).contains(each.item.predictedRating))
                #expect(each.named.count <= Explainer.namedMax && Set(each.named).isSubset(of: rated[user] ?? []))
                #expect((each.item.explanation == .rated) == !each.named.isEmpty)
                kinds.insert(each.item.explanation?.rawValue ?? "none")
            }
        }
        #expect(!kinds.contains("none"))
    }
}
