import Testing

@testable import Learning

/// What users choose depends on how far they have come.
struct StagePopularityTests {
    @Test func stagesBeginWhereTheyAreSaidTo() {
        let firsts = [0, 1, 5, 20, 100, 300]
        #expect(firsts.count == UserStage.count)
        for (stage, first) in firsts.enumerated() {
            #expect(UserStage.of(ratingCount: first) == stage)
            if first > 0 { #expect(UserStage.of(ratingCount: first - 1) == stage - 1) }
        }
        #expect(UserStage.of(ratingCount: .max) == UserStage.count - 1)
    }

    /// A slow like doubles its worth with each event here: 2, 4, 8.
    @Test func likesAreCountedWhereTheUserStands() {
        let tallies = MovieTallies(growth: 2, slowGrowth: 2)
        for _ in 0..<3 { tallies.add() }
        for (movie, stage, isLiked) in [(0, 0, true), (0, 5, true), (1, 0, true), (1, 0, false)]
            as [(UInt32, Int, Bool)]
        {
            _ = tallies.tick()
            tallies.count(movie, isLiked: isLiked, stage: stage)
        }
        let stages = tallies.stages
        #expect((0..<UserStage.count).map { stages.likes(0)[$0] } == [2, 0, 0, 0, 0, 4])
        #expect((0..<UserStage.count).map { stages.likes(1)[$0] } == [8, 0, 0, 0, 0, 0])
        #expect((0..<UserStage.count).allSatisfy { stages.likes(2)[$0] == 0 })

        // The movie of an average like of newcomers: (2 · 2 + 8 · 8) / (2 + 8).
        tallies.welcome(2)
        #expect(abs(stages.likes(2)[0] - 6.8) < 1e-6 && stages.likes(2)[5] == 4 && stages.likes(2)[1] == 0)
        // One that went is not part of the average any more.
        tallies.remove(1)
        #expect(stages.likes(1)[0] == 0)
        tallies.welcome(1)
        #expect(abs(stages.likes(1)[0] - (2 * 2 + 6.8 * 6.8) / (2 + 6.8)) < 1e-5)
    }

    /// The unit grows beyond any number one day; what is old is brought down with it, and vanishes.
    @Test func unitsStayFinite() {
        let tallies = MovieTallies(growth: 1.5, slowGrowth: 1.5)
        for _ in 0..<2 { tallies.add() }
        tallies.count(0, isLiked: true, stage: 2)
        for _ in 0..<2000 {
            _ = tallies.tick()
            tallies.count(1, isLiked: true, stage: 2)
        }
        // 1 + 1/1.5 + 1/1.5² + … = 3.
        #expect(abs(tallies.stages.likes(1)[2] * tallies.shares.slow - 3) < 1e-4)
        #expect(tallies.stages.likes(0)[2] * tallies.shares.slow < 1e-30)
        tallies.welcome(0)
        #expect(abs(tallies.stages.likes(0)[2] * tallies.shares.slow - 3) < 1e-4)
    }

    /// Newcomers like the first ten movies, whoever goes on likes others: the lists of those who come next know that.
    @Test func newcomersGetWhatNewcomersLike() throws {
        let test = TestLearner(model: TwoHeadModel())
        var random = SeededRandom(seed: 11)
        var time: Int64 = 0
        for user in 1...400 as ClosedRange<Int64> {
            var events: [RatingEvent] = []
            for _ in 0..<3 { events.append(.set(user, Int64.random(in: 1...10, using: &random), 10, at: time)) }
            for _ in 0..<40 { events.append(.set(user, Int64.random(in: 11...60, using: &random), 10, at: time)) }
            for at in events.indices { events[at].time = time + Int64(at) }
            time += 100
            test.apply(events)
        }
        test.apply([.set(1000, 1, 10, at: time)])
        _ = test.learner.describe(.init(userID: 1001))
        let blend = try #require(test.model.blend)
        func score(user: UInt32, ratingCount: Int, movie: UInt32) -> Float {
            let columns = BlendColumns(capacity: 1)
            columns.add(movie)
            columns.transitionSums[0] = 0
            let profile = test.learner.users.pointer(user).pointee
            blend.score(
                columns, blend.user(user, profile: profile, ratingCount: ratingCount, in: BlendUserMemory()))
            return columns.scores[0]
        }
        let newcomer = test.learner.users.row(of: 1001)
        let (early, late) = (
            test.learner.movies.row(of: 5), test.learner.movies.row(of: 30)
        )
        #expect(
            score(user: newcomer, ratingCount: 0, movie: early) > score(user: newcomer, ratingCount: 0, movie: late) + 1
        )
        let oldHand = test.learner.users.row(of: 400)
        #expect(
            score(user: oldHand, ratingCount: 40, movie: late) > score(user: oldHand, ratingCount: 40, movie: early) + 1
        )
    }
}
