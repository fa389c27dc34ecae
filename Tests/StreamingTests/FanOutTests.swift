import Events
import Learning
import Recommending
import Testing

@testable import Streaming

/// Who hears of a movie that comes or goes: exactly those whom scoring it for everybody names.
@Suite struct FanOutTests {
    private func trainedService(_ broker: ModelBroker, seed: UInt64, listLength: Int = 10) throws -> TestService {
        for movie in 1...80 as ClosedRange<Int64> { broker.announce(movie, "Film \(movie)") }
        let service = try TestService(broker, listLength: listLength)
        try service.start()
        var stream = MadeUpStream(seed: seed, users: 400, movies: 80)
        for _ in 0..<6000 {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
        try service.settle()
        return service
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func aNewMovieReachesExactlyThoseWhoseListItWouldEnter(seed: UInt64) throws
    {
        let broker = ModelBroker()
        let service = try trainedService(broker, seed: seed)
        let before = broker.published.count
        // Some rated it before it was announced: for them it is known, not new.
        for user in 1...150 as ClosedRange<Int64> { broker.rate(user, 500, 5) }
        broker.withdraw(500)
        try service.settle()
        let answered = broker.published.count
        broker.announce(500, "The New One")

        // What brute force says, from the lists as they were published and the state as it is.
        let learner = service.learner
        let movie = learner.movies.row(of: 500)
        var expected: Set<Int64> = []
        for user in 0..<UInt32(learner.users.rowCount) {
            if service.processor.lists.sequence(user) == 0 { continue }
            if learner.hasRated(user: user, movie: movie) { continue }
            let score = service.score(user: user, movie: movie)
            if service.processor.lists.count(user) < 10 || score > service.processor.lists.lastScore(user) {
                expected.insert(learner.users.pointer(user).pointee.id)
            }
        }
        try service.settle()

        let reached = broker.published[answered...].compactMap(\.list)
        #expect(answered > before)
        #expect(Set(reached.map(\.userID)) == expected)
        #expect(reached.count == expected.count)
        #expect(reached.allSatisfy { $0.reason == .movieAdded && $0.causedBy.first?.topic == "movies" })
        #expect(reached.allSatisfy { $0.items.map(\.movieID).contains(500) })
        #expect(!expected.isEmpty && expected.count < 400, "the test must tell the two apart: \(expected.count)")
        #expect(!expected.contains(3))
    }

    /// A film that nobody has rated: the search then sorts out by the head's term alone, and must find the same users.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func aFilmThatNobodyRatedReachesExactlyThoseWhoseListItWouldEnter(
        seed: UInt64
    ) throws {
        let broker = ModelBroker()
        // Long lists, so that an average film enters some.
        let service = try trainedService(broker, seed: seed, listLength: 40)
        let learner = service.learner
        var reached = 0
        // Different ids begin with different vectors.
        for id in 500..<530 as Range<Int64> {
            let last = service.processor.lists
            _ = learner.announce(Movie(movieID: id, title: "New \(id)", genres: ["Drama"]))
            let movie = learner.movies.row(of: id)
            var expected: Set<Int64> = []
            for user in 0..<UInt32(learner.users.rowCount) where last.sequence(user) > 0 {
                if service.score(user: user, movie: movie) > last.lastScore(user) {
                    expected.insert(learner.users.pointer(user).pointee.id)
                }
            }
            var fanOut = FanOut(kind: .added, movie: movie, movieID: id, partition: 0, offset: 0, eventTime: 0)
            let search = FanOutSearch(recommender: service.processor.recommender, lists: last)
            var found: Set<Int64> = []
            while search.advance(&fanOut, { found.insert(learner.users.pointer($0).pointee.id) }) {}
            #expect(found == expected, "seed \(seed), film \(id)")
            reached += found.count
        }
        #expect(reached > 0)
    }

    @Test func aWithdrawnMovieLeavesExactlyTheListsThatHoldIt() throws {
        let broker = ModelBroker()
        let service = try trainedService(broker, seed: 9)
        var last: [Int64: RecommendationList] = [:]
        for list in broker.published.compactMap(\.list) { last[list.userID] = list }
        let victim = try #require(last.values.first?.items.first?.movieID)
        let holders = Set(last.values.filter { $0.items.map(\.movieID).contains(victim) }.map(\.userID))
        let before = broker.published.count
        broker.withdraw(victim)
        try service.settle()
        let reached = broker.published[before...].compactMap(\.list)
        #expect(Set(reached.map(\.userID)) == holders)
        #expect(reached.allSatisfy { $0.reason == .movieWithdrawn && !$0.items.map(\.movieID).contains(victim) })
        #expect(!holders.isEmpty)
        broker.rate(1, victim, 4, time: 2_000_000_000)
        broker.rate(2, 3, 4)
        try service.settle()
        for list in broker.published[before...].compactMap(\.list) {
            #expect(!list.items.map(\.movieID).contains(victim), "ratings do not bring a withdrawn movie back")
        }
    }

    @Test func nobodyWithoutAListHearsOfAMovie() throws {
        let broker = ModelBroker()
        for user in 1...5 as ClosedRange<Int64> { broker.describe(user, age: 20) }
        broker.announce(1, "A")
        let service = try TestService(broker)
        try service.start()
        try service.settle()
        broker.announce(2, "B")
        try service.settle()
        #expect(broker.published.isEmpty)
    }

    @Test func anUnfinishedFanOutGoesOnAfterARestart() throws {
        let broker = ModelBroker()
        let service = try trainedService(broker, seed: 4)
        // Others rate on, so that the lists that went out are no longer those that would go out now.
        var stream = MadeUpStream(seed: 77, users: 50, movies: 80)
        for _ in 0..<3000 {
            let event = stream.next()
            broker.rate(event.user, event.movie, Double(event.halfStars) / 2)
        }
        try service.settle()
        // A commit that ended in the middle of a fan-out, as a full one does.
        let lists = service.processor.lists
        let movie = try #require(lists.movies(300).first)
        let fanOut = FanOut(
            kind: .withdrawn, movie: movie, movieID: service.learner.movies.id(movie), nextUser: 100, partition: 0,
            offset: 80, eventTime: 1)
        let buffer = ByteBuffer()
        _ = JournalEncoder().finish(
            epoch: service.processor.position.epoch + 1, previousChain: service.processor.position.chain,
            isCatalogueComplete: true, fanOuts: [fanOut], into: buffer)
        broker.journal.append(Array(buffer.bytes))
        var holders: Set<Int64> = []
        for user in 100..<UInt32(service.learner.users.rowCount) where lists.movies(user).contains(movie) {
            holders.insert(service.learner.users.pointer(user).pointee.id)
        }

        let restarted = try TestService(broker)
        try restarted.start()
        #expect(restarted.processor.fanOuts == [fanOut])
        let before = broker.published.count
        try restarted.settle()
        #expect(restarted.processor.fanOuts.isEmpty)
        let reached = broker.published[before...].compactMap(\.list)
        #expect(reached.allSatisfy { holders.contains($0.userID) && $0.reason == .movieWithdrawn })
        #expect(!reached.isEmpty, "lists have moved on since they went out")
        let last = try #require(broker.journal.last)
        #expect(try last.withUnsafeBytes { try JournalRecord(decoding: $0) }.fanOuts.isEmpty)
    }
}
