import CVectorKernels
import Events
import Testing

@testable import Learning

/// Movies that nobody announced and nobody rates for long go, and leave nothing behind.
struct SilentMoviesTests {
    private static let limit = Eviction.eventsMin
    /// Movies 1…20 are announced, 5 is withdrawn and 20 is never rated; 21…40 come by ratings and are rated on.
    private static let lasting: ClosedRange<Int64> = 1...40
    /// Rated once each, by users who rate on.
    private static let passing: ClosedRange<Int64> = 1000...1399

    private func makeLearner(_ model: any OnlineModel = TwoHeadModel()) -> Learner {
        let learner = Learner(model: model, batchCapacity: 4096, eviction: Eviction(afterEvents: Self.limit))
        return learner
    }

    private func announceAll(_ learner: Learner) {
        for id in 1...20 as ClosedRange<Int64> {
            _ = learner.announce(Movie(movieID: id, title: "Film \(id)", genres: [id % 2 == 0 ? "Drama" : "War"]))
        }
        _ = learner.withdraw(movieID: 5)
    }

    private func event(_ number: Int) -> (user: Int64, movie: Int64, halfStars: UInt8) {
        let user = Int64(number / 50 % 50) + 1
        if number < Self.passing.count { return (Int64(number % 50) + 1, Self.passing.lowerBound + Int64(number), 9) }
        // Mostly somebody who says the same again, which teaches nothing.
        if number % 50 != 0 { return (99, 25, 8) }
        let movie = Int64(number / 50 * 7 % 40) + 1
        return (user, movie == 5 || movie == 20 ? movie + 1 : movie, UInt8(number / 50 % 10) + 1)
    }

    /// Feeds events `range`, and whatever comes beside them.
    private func feed(
        _ learner: Learner, _ range: Range<Int>, by size: Int, also: [(user: Int64, movie: Int64)] = []
    ) {
        let batch = RatingBatch(capacity: size)
        let outcomes = RatingOutcomes(capacity: size)
        func add(_ user: Int64, _ movie: Int64, _ halfStars: UInt8, _ time: Int) {
            let at = batch.count
            batch.userIDs[at] = user
            batch.movieIDs[at] = movie
            batch.halfStars[at] = halfStars
            batch.operations[at] = Rating.Operation.set.rawValue
            batch.eventTimes[at] = Int64(time)
            batch.recordTimestamps[at] = Int64(time)
            batch.count = at + 1
            if batch.count < size { return }
            flush()
        }
        func flush() {
            learner.apply(batch, 0..<batch.count, outcomes)
            learner.clearEvicted()
            learner.model.clearDirty()
            batch.removeAll()
        }
        for number in range {
            let (user, movie, halfStars) = event(number)
            add(user, movie, halfStars, number)
        }
        for (user, movie) in also { add(user, movie, 10, range.upperBound) }
        if batch.count > 0 { flush() }
    }

    /// Rows whose movie went, and what still names them: ratings, last items, successors.
    private func leftovers(_ learner: Learner) -> (rows: Int, named: Int) {
        let movies = learner.movies
        var named = 0
        for user in 0..<UInt32(learner.users.rowCount) where learner.users.isAlive(user) {
            let entries = learner.rated.entries(learner.users.pointer(user).pointee.rated)
            named += (0..<entries.count).count { movies.isEvicted(entries.movies[$0]) }
            if learner.model.names(evicted: movies, ofUser: user) { named += 1 }
        }
        let rows = (0..<UInt32(movies.count))
        named += rows.count { learner.model.names(evicted: movies, ofMovie: $0) }
        return (rows.count { movies.isEvicted($0) }, named)
    }

    private func expectCounts(_ learner: Learner) {
        var standing = [UInt32](repeating: 0, count: learner.movies.count)
        for user in 0..<UInt32(learner.users.rowCount) {
            let entries = learner.rated.entries(learner.users.pointer(user).pointee.rated)
            for at in 0..<entries.count { standing[Int(entries.movies[at])] += 1 }
        }
        let counts = (0..<UInt32(learner.movies.count)).map { learner.movies.pointer($0).pointee.ratingCount }
        #expect(counts == standing)
    }

    @Test func whatNobodyAnnouncedAndNobodyRatesGoes() throws {
        let learner = makeLearner()
        announceAll(learner)
        feed(learner, 0..<1000, by: 500)
        #expect(
            leftovers(learner) == (0, 0) && Self.passing.allSatisfy { learner.movies.row(of: $0) != IdentityMap.none })
        feed(learner, 1000..<99_000, by: 4000)
        #expect(leftovers(learner) == (0, 0))
        feed(learner, 99_000..<103_000, by: 4000)
        // All went, and so did what named them.
        #expect(learner.movies.knownCount == 40 && leftovers(learner) == (400, 0))
        #expect(Self.passing.allSatisfy { learner.movies.row(of: $0) == IdentityMap.none })
        #expect(Self.lasting.allSatisfy { learner.movies.row(of: $0) != IdentityMap.none })
        #expect(learner.snapshot().movieCount == 40 && learner.silentMovies?.evictedCount == 400)
        expectCounts(learner)

        // Rows are used again when enough has passed, for what comes with a rating; what is announced stands behind.
        let rowCount = learner.movies.count
        feed(learner, 103_000..<104_000, by: 1000, also: [(1, 3000)])
        #expect(learner.movies.count == rowCount + 1)
        feed(learner, 104_000..<310_000, by: 4000)
        // The late one has gone, too, but not for long enough.
        #expect(learner.silentMovies?.gone.count == 1 && learner.silentMovies?.free.count == 400)
        feed(learner, 310_000..<311_000, by: 1000, also: (1...9).map { ($0, 4000 + $0) })
        #expect(learner.movies.count == rowCount + 1 && learner.silentMovies?.free.count == 391)
        guard case .added(let row) = learner.announce(Movie(movieID: 5000, title: "New", genres: [])) else {
            Issue.record("it is new")
            return
        }
        #expect(Int(row) == rowCount + 1)
        expectCounts(learner)
    }

    /// One that comes to the row of another begins as any newcomer.
    @Test(arguments: [true, false]) func aRowThatComesAgainIsThatOfANewcomer(isTwoHeads: Bool) throws {
        let make: () -> any OnlineModel = { isTwoHeads ? TwoHeadModel() : BiasedMatrixFactorization() }
        let learner = makeLearner(make())
        announceAll(learner)
        feed(learner, 0..<310_000, by: 4000)
        let rowCount = learner.movies.count
        let row = learner.row(forMovie: 6000)
        #expect(learner.movies.count == rowCount && learner.movies.id(row) == 6000)
        let fresh = make()
        fresh.addMovie(0, id: 6000, description: MovieDescription())
        var (vector, expected) = (
            [Float](repeating: 1, count: fresh.dimension), [Float](repeating: 2, count: fresh.dimension)
        )
        #expect(learner.model.item(row, into: &vector) == fresh.item(0, into: &expected))
        #expect(vector == expected)
        if let blend = learner.model.blend {
            #expect((0..<UserStage.count).allSatisfy { blend.tallies.stages.likes(row)[$0] == 0 })
            #expect(
                !blend.hasRatings(row) && blend.tallies.tally(row).pointee.popularity == 0
                    && !blend.popular.movies.contains(row))
        }
    }

    @Test func batchesDoNotShowAndACheckpointGoesOn() throws {
        let passing = (1...40).map { (user: Int64($0), movie: 8000 + Int64($0)) }
        func finish(_ learner: Learner, from start: Int, by size: Int) throws -> String {
            feed(learner, start..<310_000, by: size)
            feed(learner, 310_000..<312_000, by: size, also: passing)
            return try learner.snapshot().digest()
        }
        let (whole, cut) = (makeLearner(), makeLearner())
        for learner in [whole, cut] { announceAll(learner) }
        var images: [(at: Int, image: StateImage)] = []
        var done = 0
        // Before any went; while some go; while some are swept; while rows are given back.
        for at in [99_000, 100_900, 101_300, 250_000, 300_500] {
            feed(whole, done..<at, by: 4000)
            images.append((at, try whole.snapshot().image()))
            done = at
        }
        let digest = try finish(whole, from: done, by: 4000)
        feed(cut, 0..<done, by: 77)
        #expect(try finish(cut, from: done, by: 77) == digest)
        for (at, image) in images {
            let restored = makeLearner()
            var image = image
            try restored.restore(from: &image)
            try image.finish()
            #expect(try finish(restored, from: at, by: 500) == digest, "from \(at)")
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let learner = makeLearner()
        announceAll(learner)
        feed(learner, 0..<101_000, by: 4000)
        let image = try learner.snapshot().image()
        var missing = image
        missing.blobs["silent-movies"] = nil
        #expect(throws: StateImage.Failure.self) { try makeLearner().restore(from: &missing) }
        // A row that it says went has a movie.
        var other = image
        other.blobs["silent-movies"]?[4 + 8 * 3 + 8] ^= 1
        #expect(throws: StateImage.Failure.self) { try makeLearner().restore(from: &other) }
    }

    @Test func everyVariantLearnsTheSameBits() async {
        await #expect(processExitsWith: .success) {
            let tests = SilentMoviesTests()
            var digests: [String] = []
            for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
                let learner = tests.makeLearner()
                tests.announceAll(learner)
                tests.feed(learner, 0..<310_000, by: 4000, also: (1...40).map { ($0, 8000 + $0) })
                #expect(learner.silentMovies?.free.count == 360)
                digests.append(try learner.snapshot().digest())
            }
            #expect(Set(digests).count == 1 && !digests.isEmpty)
        }
    }

    @Test func nothingChangesWhereNobodyGoes() throws {
        let learner = Learner(model: TwoHeadModel(), batchCapacity: 4096)
        announceAll(learner)
        feed(learner, 0..<120_000, by: 4000)
        #expect(learner.movies.knownCount == 440 && learner.silentMovies == nil)
        #expect(Eviction.split(settings: learner.settings).eviction.afterEvents == nil)
        let (model, eviction) = Eviction.split(settings: makeLearner().settings)
        #expect(model == learner.model.settings && eviction.afterEvents == Self.limit)
    }
}
