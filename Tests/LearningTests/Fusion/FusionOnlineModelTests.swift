import CVectorKernels
import Events
import FusionTestSupport
import Testing

@testable import Learning

@Suite(.serialized) struct FusionOnlineModelTests {
    /// The model behind a learner, as a service has it.
    private final class Run {
        let model: FusionOnlineModel
        let learner: Learner
        private let batch = RatingBatch(capacity: 4096)
        private let outcomes = RatingOutcomes(capacity: 4096)

        init(_ fusion: FusionModel = MadeUpModel.make(), _ settings: FusionOnlineModel.Settings = .init()) {
            model = FusionOnlineModel(fusion, digest: "00", settings)
            learner = Learner(model: model, batchCapacity: 4096)
        }

        func announce(_ fusion: FusionModel) {
            for movie in fusion.movies { _ = learner.announce(movie) }
        }

        @discardableResult
        func apply(_ events: [RatingEvent]) -> [Float] {
            batch.removeAll()
            for (row, event) in events.enumerated() {
                batch.userIDs[row] = event.user
                batch.movieIDs[row] = event.movie
                batch.halfStars[row] = event.halfStars
                batch.operations[row] = (event.isRemoval ? Rating.Operation.remove : .set).rawValue
                batch.eventTimes[row] = event.time
                batch.recordTimestamps[row] = event.recordTimestamp
            }
            batch.count = events.count
            learner.apply(batch, 0..<events.count, outcomes)
            return (0..<events.count).map { outcomes.predictions[$0] }
        }

        func query(_ id: Int64) -> [Float] {
            var vector = [Float](repeating: .nan, count: model.dimension)
            model.query(learner.users.row(of: id), profile: UserRow(), into: &vector)
            return vector
        }

        func item(_ id: Int64) -> [Float] {
            var vector = [Float](repeating: .nan, count: model.dimension)
            #expect(model.item(learner.movies.row(of: id), into: &vector) == 0)
            return vector
        }
    }

    /// Ratings of known and new users and movies, changes and removals among them.
    private static func events(seed: UInt64, count: Int) -> [RatingEvent] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { at in
            let user = Int64.random(in: 1...40, using: &random)
            let movie = Int64.random(in: 1...50, using: &random)
            if random.oneIn(10) { return .remove(user, movie, at: Int64(at)) }
            return .set(user, movie, UInt8.random(in: 1...10, using: &random), at: Int64(at))
        }
    }

    @Test func itBeginsWithTheTowersThatWereTrained() {
        let fusion = MadeUpModel.make()
        let run = Run(fusion)
        run.announce(fusion)
        run.apply([.set(7, 3, 8, at: 1)])
        let towers = FusionTowers(fusion.parameters)
        var movie = [Float](repeating: 0, count: towers.paddedDimension)
        for (position, known) in fusion.movies.enumerated() where known.movieID != 3 {
            fusion.movieVector(position, towers, into: &movie)
            #expect(run.item(known.movieID) == movie)
        }
        // What is predicted for the first event is what the trained towers say.
        fusion.movieVector(2, towers, into: &movie)
        let user = fusion.userVector(fusion.users[6], FusionProfile(), towers)
        let cosine = mq_dot16(user, movie, towers.paddedDimension)
        let fresh = Run(fusion)
        fresh.announce(fusion)
        #expect(fresh.apply([.set(7, 3, 8, at: 1)]) == [(5 * cosine + 5) / 2])
    }

    @Test func whoIsNewHasTheMeanEmbeddingAndHisOwnFeatures() {
        let fusion = MadeUpModel.make()
        let towers = FusionTowers(fusion.parameters)
        let run = Run(fusion)
        let film = Movie(movieID: 777, title: fusion.movies[4].title, genres: ["Drama", "no such genre"])
        _ = run.learner.announce(film)
        var expected = [Float](repeating: 0, count: towers.paddedDimension)
        towers.movie(fusion.features(of: film), embedding: fusion.meanMovieEmbedding(), into: &expected)
        #expect(run.item(777) == expected)

        let profile = UserProfile(userID: 900, gender: .female, age: 27, occupation: 12)
        _ = run.learner.describe(profile)
        #expect(run.query(900) == fusion.userVector(nil, FusionProfile(profile), towers))
        // A film that training knew, but nobody announced.
        run.apply([.set(901, 5, 6, at: 1)])
        let known = Run(fusion)
        known.announce(fusion)
        known.apply([.set(901, 5, 6, at: 1)])
        #expect(run.item(5) == known.item(5))
    }

    /// The step is the slope of the squared error, by double precision and finite differences.
    @Test func aStepFollowsTheSlopeOfTheError() {
        let fusion = MadeUpModel.make()
        var settings = FusionOnlineModel.Settings()
        settings.learningRate = 1
        settings.gradientMax = 1e6
        let run = Run(fusion, settings)
        run.announce(fusion)
        run.apply([.set(7, 3, 2, at: 1)])
        let (user, movie) = (fusion.users[6], fusion.movies[2])
        let layered = LayeredTowers(fusion.parameters)
        let length = fusion.dimensions.embedding
        func start(_ tensor: FusionTensor, _ row: Int) -> [Double] {
            fusion.parameters[tensor][(row * length)..<((row + 1) * length)].map(Double.init)
        }
        let starts = [start(.userEmbedding, 7), start(.movieEmbedding, 3)]
        func loss(_ embeddings: [[Double]]) -> Double {
            let cosine = LayeredTowers.cosine(
                layered.user(7, user.profile, embedding: embeddings[0]),
                layered.movie(3, fusion.features(of: movie), embedding: embeddings[1]))
            let error = 1 - (5 * cosine + 5) / 2
            return error * error
        }
        for (side, table) in run.model.tables.prefix(2).enumerated() {
            let row = side == 0 ? run.learner.users.row(of: 7) : run.learner.movies.row(of: 3)
            let after = table.rows.row(row).assumingMemoryBound(to: Float.self)
            for place in 0..<length {
                var (low, high) = (starts, starts)
                low[side][place] -= 1e-5
                high[side][place] += 1e-5
                let slope = (loss(high) - loss(low)) / 2e-5
                #expect(abs(starts[side][place] - Double(after[place]) - slope) < 1e-4 * max(1, abs(slope)))
            }
        }
    }

    @Test func ratingsMoveThePredictionTowardThem() {
        var settings = FusionOnlineModel.Settings()
        settings.learningRate = 0.02
        let run = Run(MadeUpModel.make(), settings)
        let errors = (0..<200).map { at in abs(run.apply([.set(50, 60, at % 2 == 0 ? 9 : 10, at: Int64(at))])[0] - 4.75)
        }
        #expect(errors[199] < 0.5 && errors[199] < errors[0] / 3)
        // A changed rating is a step toward the new stars.
        for at in 200..<500 { run.apply([.set(50, 60, at % 2 == 0 ? 2 : 3, at: Int64(at))]) }
        #expect(abs(run.apply([.set(50, 60, 2, at: 500)])[0] - 1.25) < 0.5)
    }

    @Test func onlyTheTwoEmbeddingsMove() {
        let fusion = MadeUpModel.make()
        let run = Run(fusion)
        run.announce(fusion)
        run.apply((1...30).map { .set($0, 1, 6, at: 1) })
        run.model.clearDirty()
        let (users, movies) = ((1...30).map { run.query($0) }, (1...40).map { run.item($0) })
        run.apply([.set(9, 20, 10, at: 2)])
        #expect(Array(run.model.dirtyMovies) == [run.learner.movies.row(of: 20)])
        for id in 1...30 as ClosedRange<Int64> { #expect((run.query(id) != users[Int(id) - 1]) == (id == 9)) }
        for id in 1...40 as ClosedRange<Int64> { #expect((run.item(id) != movies[Int(id) - 1]) == (id == 20)) }
    }

    @Test func whatIsTakenBackIsCountedAndNoMore() throws {
        let run = Run()
        run.apply([.set(1, 1, 8, at: 1)])
        let before = (run.query(1), run.item(1))
        #expect(run.apply([.remove(1, 1, at: 2)])[0].isNaN)
        #expect(run.query(1) == before.0 && run.item(1) == before.1)
        #expect(run.model.removalCount == 1)
    }

    @Test func everyKernelVariantLearnsTheSameBits() throws {
        let fusion = MadeUpModel.make(FusionDimensions())
        var results: Set<[UInt32]> = []
        var digests: Set<String> = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let run = Run(fusion)
            run.announce(fusion)
            results.insert(run.apply(Self.events(seed: 3, count: 2000)).filter { !$0.isNaN }.bits)
            digests.insert(try run.learner.snapshot().digest())
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(results.count == 1 && digests.count == 1)
    }

    @Test func aCopyFromACheckpointGoesOnWithTheSameBits() throws {
        let fusion = MadeUpModel.make()
        let run = Run(fusion)
        run.announce(fusion)
        run.apply(Self.events(seed: 4, count: 1500))
        _ = run.learner.forget(userID: 5, recordTimestampMilliseconds: 2000)
        let copy = Run(fusion)
        var image = try run.learner.snapshot().image()
        try copy.learner.restore(from: &image)
        try image.finish()
        #expect(try copy.learner.snapshot().digest() == run.learner.snapshot().digest())
        #expect(copy.model.removalCount == run.model.removalCount)
        let more = Self.events(seed: 5, count: 500).map { event in
            var later = event
            later.time += 10_000
            later.recordTimestamp += 10_000
            return later
        }
        #expect(copy.apply(more).bits == run.apply(more).bits)
        #expect(try copy.learner.snapshot().digest() == run.learner.snapshot().digest())
    }

    @Test func extremesLeaveEverythingFinite() {
        var settings = FusionOnlineModel.Settings()
        settings.learningRate = 1e6
        for fusion in [MadeUpModel.make(), MadeUpModel.huge] {
            let run = Run(fusion, settings)
            run.announce(fusion)
            for round in 0..<300 {
                let predictions = run.apply(
                    (1...10).map { .set($0, $0 % 3 + 1, round % 2 == 0 ? 1 : 10, at: Int64(round)) })
                #expect(predictions.allSatisfy { $0 >= -0.001 && $0 <= 5.001 })
            }
            #expect((1...10).allSatisfy { run.query($0).allSatisfy(\.isFinite) })
            #expect((1...3).allSatisfy { run.item($0).allSatisfy(\.isFinite) })
        }
    }

    @Test func aUserWhoIsForgottenBeginsAnew() {
        let fusion = MadeUpModel.make()
        let run = Run(fusion)
        run.announce(fusion)
        run.apply([.set(1, 1, 8, at: 1), .set(99, 1, 8, at: 1)])
        let row = run.learner.users.row(of: 99)
        _ = run.learner.forget(userID: 99, recordTimestampMilliseconds: 5)
        let rows = run.model.tables[0].rows
        #expect(UnsafeRawBufferPointer(start: rows.row(row), count: rows.rowBytes).allSatisfy { $0 == 0 })
        _ = run.learner.describe(UserProfile(userID: 98))
        #expect(run.learner.users.row(of: 98) == row)
        #expect(run.query(98) == fusion.userVector(nil, FusionProfile(), FusionTowers(fusion.parameters)))
    }

    @Test func theSettingsNameTheFile() {
        let fusion = MadeUpModel.make()
        let settings = FusionOnlineModel(fusion, digest: "ab12").settings
        #expect(settings.contains("ab12") && settings != FusionOnlineModel(fusion, digest: "ab13").settings)
    }
}

extension MadeUpModel {
    /// As large as a file may have them: tanh is flat everywhere.
    fileprivate static let huge = {
        var model = make()
        for tensor in FusionTensor.allCases {
            model.parameters[tensor] = model.parameters[tensor].map { $0 * (FusionModelFile.parameterMax / 0.6) }
        }
        return model
    }()
}
