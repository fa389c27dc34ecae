import Events
import Learning
import Recommending
import Testing
import VectorIndex

@testable import Streaming

/// From events in to lists out, on the model broker.
@Suite struct MainJobTests {
    private func brokerWithMovies(_ count: Int64 = 30) -> ModelBroker {
        let broker = ModelBroker()
        for movie in 1...count { broker.announce(movie, "Film \(movie) (1999)") }
        return broker
    }

    @Test func aRatingIsAnsweredByAList() throws {
        let broker = brokerWithMovies()
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        #expect(broker.published.isEmpty, "movies at the first start give no lists")
        broker.rate(7, 3, 4.5, time: 900_000_000, id: "a\\\"1")
        try service.settle()

        let list = try #require(broker.lists(of: 7).first)
        #expect(broker.published.count == 1)
        #expect(list.sequence == 1)
        #expect(list.reason == .rated)
        #expect(list.causedBy.map(\.offset) == [0])
        #expect(list.causedBy.first?.topic == "ratings")
        #expect(list.causedBy.first?.eventID == "a\"1")
        #expect(list.causedBy.first?.eventTimeMilliseconds == 900_000_000_000)
        #expect(list.causedByTotal == 1)
        #expect(list.items.count == 10)
        #expect(list.items.map(\.rank) == Array(1...10))
        #expect(!list.items.map(\.movieID).contains(3))
        #expect(list.items.allSatisfy { $0.title == "Film \($0.movieID) (1999)" })
        #expect(list.items.allSatisfy { (0.5...5).contains($0.predictedRating ?? 0) })
        #expect(list.model.version == service.learner.model.version)
        #expect(list.model.epoch == service.processor.position.epoch)
    }

    @Test func theCountersSayWhatTheIndexIs() throws {
        let broker = brokerWithMovies(30)
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        broker.rate(7, 3, 4.5)
        broker.withdraw(5)
        try service.settle()
        let index = service.processor.counters.index
        #expect(index.rows.load(ordering: .relaxed) == 29)
        #expect(index.bytes.load(ordering: .relaxed) == service.processor.recommender.index.byteCount)
        #expect(!index.isPartitioned.load(ordering: .relaxed) && index.liveRecall == 1)
    }

    @Test(arguments: [ModelKind.twoHeads, .biasedMatrixFactorization]) func theListIsTheBestByBruteForce(
        model: ModelKind
    ) throws {
        let broker = brokerWithMovies(200)
        let service = try TestService(broker, model: model.makeModel())
        try service.start()
        var stream = MadeUpStream(seed: 5, users: 40, movies: 200)
        for _ in 0..<3000 {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
        try service.settle()
        broker.rate(9, 199, 5)
        try service.settle()

        let learner = service.learner
        let user = learner.users.row(of: 9)
        var scored: [(id: Int64, score: Float)] = []
        for movie in 0..<UInt32(learner.movies.count) where !learner.hasRated(user: user, movie: movie) {
            scored.append((learner.movies.id(movie), service.score(user: user, movie: movie)))
        }
        scored.sort { ($1.score, $0.id) < ($0.score, $1.id) }
        let list = try #require(broker.lists(of: 9).last)
        #expect(list.items.map(\.movieID) == scored.prefix(10).map(\.id))
        #expect(list.items.count == 10)
    }

    @Test func sequencesHaveNoGapsAndRatedMoviesNeverAppear() throws {
        let broker = brokerWithMovies(60)
        let service = try TestService(broker)
        try service.start()
        var stream = MadeUpStream(seed: 11, users: 12, movies: 60)
        var rated: [Int64: Set<Int64>] = [:]
        for round in 0..<40 {
            for _ in 0..<10 {
                let event = stream.next()
                broker.rate(event.user, event.movie, Double(event.halfStars) / 2, time: 1000 + Int64(round))
                rated[event.user, default: []].insert(event.movie)
            }
            let before = broker.published.count
            try service.settle()
            for published in broker.published[before...] {
                let list = try #require(published.list)
                #expect(Set(list.items.map(\.movieID)).isDisjoint(with: rated[list.userID] ?? []))
            }
        }
        for user in rated.keys {
            let sequences = broker.lists(of: user).map(\.sequence)
            #expect(sequences == Array(1...Int64(sequences.count)))
        }
    }

    @Test func repeatsAndLateRatingsAreCountedAndNotAnswered() throws {
        let broker = brokerWithMovies()
        let service = try TestService(broker)
        try service.start()
        broker.rate(1, 2, 4, time: 1000)
        try service.settle()
        broker.rate(1, 2, 4, time: 1000)
        broker.rate(1, 2, 3, time: 999)
        try service.settle()
        #expect(broker.lists(of: 1).count == 1)
        #expect(service.learner.counters[.repeated] == 1)
        #expect(service.learner.counters[.late] == 1)

        broker.rate(1, 2, 4, time: 1001)
        try service.settle()
        #expect(broker.lists(of: 1).count == 2, "the same value at a newer time is answered")
        #expect(service.learner.counters[.confirmed] == 1)
        broker.rate(1, 2, 1, time: 1002)
        try service.settle()
        #expect(broker.lists(of: 1).count == 3)
        #expect(service.learner.counters[.changed] == 1)
        #expect(service.learner.counters.ratingsApplied == 3)
    }

    @Test func aRemovalIsAnsweredAndALateSetDoesNotBringItBack() throws {
        let broker = brokerWithMovies(8)
        let service = try TestService(broker)
        try service.start()
        broker.rate(1, 2, 4, time: 1000)
        try service.settle()
        broker.remove(1, 2)
        try service.settle()
        let lists = broker.lists(of: 1)
        #expect(lists.map(\.reason) == [.rated, .ratingRemoved])
        #expect(lists.last?.items.map(\.movieID).contains(2) == true, "it can be recommended again")
        broker.rate(1, 2, 5, time: 1001)
        try service.settle()
        #expect(service.learner.counters[.late] == 1)
        #expect(!service.learner.hasRated(user: 0, movie: service.learner.movies.row(of: 2)))
    }

    @Test func aProfileGivesANewUserAListAndAnEqualOneNothing() throws {
        let broker = brokerWithMovies()
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        broker.describe(5, age: 25)
        try service.settle()
        #expect(broker.lists(of: 5).map(\.reason) == [.profileChanged])
        broker.describe(5, age: 25)
        try service.settle()
        #expect(broker.lists(of: 5).count == 1)
    }

    @Test func profilesOfTheFirstStartGiveNoLists() throws {
        let broker = brokerWithMovies()
        broker.describe(5, age: 25)
        broker.rate(6, 1, 5)
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        #expect(broker.lists(of: 5).isEmpty)
        #expect(broker.lists(of: 6).count == 1)
    }

    @Test func listsNameTheNewestSixteenCauses() throws {
        let broker = brokerWithMovies(40)
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        for movie in 1...20 as ClosedRange<Int64> { broker.rate(1, movie, 4, id: "\(movie)") }
        try service.settle()
        let list = try #require(broker.lists(of: 1).last)
        #expect(broker.lists(of: 1).count == 1)
        #expect(list.causedByTotal == 20)
        #expect(list.causedBy.compactMap(\.eventID) == (5...20).map(String.init))
    }

    @Test func aMovieKnownFromRatingsAloneIsRecommended() throws {
        let broker = ModelBroker()
        let service = try TestService(broker)
        try service.start()
        broker.rate(1, 77, 5)
        broker.rate(2, 78, 5)
        try service.settle()
        #expect(broker.lists(of: 2).last?.items.map(\.movieID) == [77])
        #expect(broker.lists(of: 2).last?.items.first?.title == nil)
    }

    @Test func badRecordsGoToTheDeadLettersAndTheRestGoesOn() throws {
        let broker = brokerWithMovies()
        let service = try TestService(broker)
        try service.start()
        let header = RecordHeader(name: "origin", value: Array("test".utf8))
        broker.produce(.ratings, key: "1", value: "{", headers: [header])
        broker.rate(1, 2, 4.25)
        broker.produce(.ratings, key: "1", value: nil)
        broker.rate(1, 2, 4)
        broker.produce(.users, key: "x", value: nil)
        broker.produce(.movies, key: "4", value: "{\"movie_id\":4}")
        try service.settle()
        #expect(
            broker.deadLetters.compactMap { $0.header("dlq.error.code") }.sorted() == [
                "key_mismatch", "malformed", "missing_field", "out_of_range", "tombstone_not_allowed",
            ])
        let letter = try #require(broker.deadLetters.first { $0.header("dlq.error.code") == "malformed" })
        #expect(letter.key == Array("1".utf8))
        #expect(letter.value == Array("{".utf8))
        #expect(letter.header("origin") == "test")
        #expect(letter.header("dlq.topic") == "ratings")
        #expect(letter.header("dlq.partition") == "0")
        #expect(letter.header("dlq.offset") == "0")
        #expect(letter.header("dlq.error.message")?.isEmpty == false)
        #expect(broker.lists(of: 1).count == 1)
        #expect(service.processor.cycle.waitingCount == 0)
    }

    @Test func offsetsAreStoredOnlyForWhatIsJournaled() throws {
        let broker = brokerWithMovies()
        let service = try TestService(broker)
        try service.start()
        for movie in 1...5 as ClosedRange<Int64> { broker.rate(1, movie, 4) }
        try service.settle()
        service.clock.nanoseconds += StreamLimits.offsetsIntervalNanoseconds
        try service.settle()
        #expect(broker.storedOffsets[InputPartition(.ratings, 0)] == 5)
        #expect(broker.storedOffsets[InputPartition(.movies, 0)] == 30)
    }
}
