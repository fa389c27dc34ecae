import Events
import Learning
import Testing
import VectorIndex

@testable import Recommending

/// Lists that are made together, on two threads.
struct ListMakersTests {
    /// One by one they are made on one thread.
    @Test(arguments: [33, 64, 65, 150, 256]) func listsMadeTogetherAreThoseMadeOneByOne(count: Int) throws {
        let learner = makeLearner(announced: 1...200, batchCapacity: 256)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension), listLength: 10)
        let evaluator = PrequentialEvaluator(
            recommender: recommender, protocol: .prequential, eventCount: 12_000, sampleOneIn: 10_000,
            predictionRange: 0.5...5, batchCapacity: 256)
        for rating in MadeUpRatings.stream(seed: 3, count: 12_000, users: 260, movies: 200) {
            try evaluator.add(
                user: rating.user, movie: rating.movie, halfStars: rating.halfStars,
                timeMilliseconds: rating.timeMilliseconds
            ) { _ in }
        }
        try evaluator.flush { _ in }
        try recommender.refreshIndex()

        let users = (0..<UInt32(count)).map { $0 }
        let together = try lists(of: users, recommender)
        #expect(together.count == count && together.allSatisfy { $0.count == 10 })
        #expect(Set(together).count > count / 2)
        for user in users {
            #expect(try lists(of: [user], recommender) == [together[Int(user)]], "user row \(user)")
        }
    }

    private struct Line: Hashable {
        var movie: Int64
        var score: UInt32
        var explanation: String
        var named: [Int64]
    }

    private func lists(of users: [UInt32], _ recommender: Recommender) throws -> [[Line]] {
        try users.withUnsafeBufferPointer { try recommender.recommend($0, isExplained: true) }
        return users.indices.map { place in
            var lines: [Line] = []
            recommender.forEachItem(of: users[place], place: place) { _, item, named in
                lines.append(
                    Line(
                        movie: item.movieID, score: item.score.bitPattern,
                        explanation: item.explanation.map { "\($0)" } ?? "", named: Array(named)))
            }
            return lines
        }
    }
}
