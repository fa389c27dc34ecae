import Testing

@testable import Learning

/// What the blend's weights learn from.
struct ExampleSamplerTests {
    private static let movies: UInt32 = 500
    private static let drawn = 32

    /// The examples that so many likes of a user make, each of movie 7; he has rated `rated` and does not get them.
    private func examples(
        learnsOneIn: Int64, then laterOneIn: Int64 = 8, after earlyLikes: Int64 = 1000, likes: Int,
        rated: [UInt32] = [], drawn: Int = drawn
    ) -> [[UInt32]?] {
        let head = RankingHead.untrained(movieCount: Self.movies)
        var settings = Blend.Settings()
        settings.learnsOneIn = learnsOneIn
        settings.laterOneIn = laterOneIn
        settings.earlyLikes = earlyLikes
        settings.drawn = drawn
        let sampler = ExampleSampler(head: head, settings)
        sampler.reserve(Int(Self.movies))
        let memory = sampler.makeExamples()
        memory.removeAll()
        var seen = [UInt8](repeating: 0, count: Int(Self.movies))
        for movie in rated { seen[Int(movie)] = 1 }
        for like in 0..<likes {
            memory.note(like, isKnown: false)
            sampler.liked(user: 0, movie: 7, seen: seen, movieCount: Self.movies, event: like, into: memory)
        }
        #expect(sampler.likes == Int64(likes))
        return (0..<likes).map { like in
            memory.example(ofEvent: like).map { Array(UnsafeBufferPointer(start: $0.movies, count: $0.count)) }
        }
    }

    @Test(arguments: [1, 4] as [Int64]) func oneInSomeLikesIsAnExample(learnsOneIn: Int64) {
        for (like, example) in examples(learnsOneIn: learnsOneIn, likes: 40).enumerated() {
            #expect((example != nil) == (like % Int(learnsOneIn) == 0))
            guard let example else { continue }
            #expect(example[0] == 7 && Set(example).count == example.count, "each movie once, the chosen one first")
            // Of 500, a few may come twice.
            #expect(example.count > Self.drawn - 8 && example.count <= Self.drawn + 1)
        }
    }

    @Test(arguments: [(2, 6), (6, 2)] as [(Int64, Int64)])
    func afterTheFirstLikesOthersAreExamples(early: Int64, later: Int64) {
        let examples = examples(learnsOneIn: early, then: later, after: 24, likes: 72)
        for (like, example) in examples.enumerated() {
            #expect((example != nil) == (like % Int(like < 24 ? early : later) == 0))
        }
        let drawn = examples.map { example in example.map { Set($0.dropFirst()) } }
        for like in 24..<72 {
            guard let example = drawn[like] else { continue }
            #expect(drawn[..<24].allSatisfy { $0 != example }, "nothing is drawn again as in the beginning")
        }
    }

    @Test func fourThatFollowEachOtherShareWhatIsDrawn() {
        let examples = examples(learnsOneIn: 2, likes: 24).compactMap { $0 }
        #expect(examples.count == 12)
        for (at, example) in examples.enumerated() {
            #expect(example == examples[at / 4 * 4], "the movies are drawn anew with every fourth")
            if at % 4 == 0 && at > 0 {
                // By chance two of 32 are the same.
                #expect(Set(example).intersection(examples[at - 4]).count < 12)
            }
        }
    }

    @Test func whatTheUserHasRatedIsNotDrawn() {
        let all = examples(learnsOneIn: 1, likes: 100).compactMap { $0 }
        let rated = Array(Set(all.flatMap { $0.dropFirst() }).sorted().prefix(200))
        let others = examples(learnsOneIn: 1, likes: 100, rated: rated).compactMap { $0 }
        #expect(others.allSatisfy { Set($0.dropFirst()).isDisjoint(with: rated) })
        #expect(others.contains { $0.count > 10 })
    }

    @Test func withoutDrawnMoviesTheChosenOneStandsAlone() {
        #expect(examples(learnsOneIn: 1, likes: 3, drawn: 0) == [[7], [7], [7]])
    }
}
