import Events
import Foundation
import FusionTestSupport
import Learning
import MovieLens
import Testing

@testable import Training

struct FusionTrainerTests {
    private func settings(epochs: Int = 3, workers: Int = 2, seed: UInt64 = 1) -> FusionTrainerSettings {
        var settings = FusionTrainerSettings()
        settings.epochsMax = epochs
        settings.workers = workers
        settings.seed = seed
        return settings
    }

    @Test func theSameSeedAndWorkersGiveTheSameModel() throws {
        let set = try madeUpSet(users: 60, movies: 50, ratings: 1200)
        func parameters(_ settings: FusionTrainerSettings) throws -> FusionParameters {
            try #require(FusionTrainer(set, settings).train()).model.parameters
        }
        let first = try parameters(settings())
        #expect(try parameters(settings()) == first)
        #expect(try parameters(settings(seed: 2)) != first)
        // Other workers add up in another order: the last bits differ, and no more.
        let alone = try parameters(settings(workers: 1))
        for tensor in FusionTensor.allCases {
            #expect(zip(alone[tensor], first[tensor]).allSatisfy { abs($0 - $1) < 1e-3 }, "\(tensor.rawValue)")
        }
    }

    @Test func itLearnsWhatUsersLike() throws {
        let set = try madeUpSet(users: 200, movies: 120, ratings: 8000)
        let stars = set.halfStars.map { Double($0) / 2 }
        let mean = stars.reduce(0, +) / Double(stars.count)
        let spread = (stars.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(stars.count)).squareRoot()
        var epochs: [FusionEpoch] = []
        let trained = try #require(FusionTrainer(set, settings(epochs: 25)).train(each: { epochs.append($0) }))
        #expect(trained.best.heldOutRMSE < 0.93 * spread)
        #expect(trained.best.heldOutRMSE == epochs.map(\.heldOutRMSE).min())
        #expect(trained.best == epochs.last(where: \.isBest))
        #expect(epochs.map(\.number) == Array(1...epochs.count))
        let last = try #require(epochs.last)
        #expect(last.loss < epochs[0].loss)
    }

    /// The towers that serve predict what the trainer measured.
    @Test func theModelIsTheBestEpochs() throws {
        let set = try madeUpSet(users: 60, movies: 50, ratings: 1200)
        let trained = try #require(FusionTrainer(set, settings(epochs: 6)).train())
        var shuffle = RatingShuffle(seed: SplitMix64.mix(1))
        let heldOut = shuffle.split(set.count, share: 0.1).heldOut
        let towers = FusionTowers(trained.model.parameters)
        var movie = [Float](repeating: 0, count: towers.paddedDimension)
        var squares = 0.0
        for row in heldOut {
            let user = trained.model.userVector(
                trained.model.user(Int64(set.userIDs[Int(row)])), FusionProfile(), towers)
            let position = try #require(
                trained.model.movies.firstIndex { $0.movieID == Int64(set.movieIDs[Int(row)]) })
            trained.model.movieVector(position, towers, into: &movie)
            let cosine = zip(user, movie).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            let error = Double(min(5, max(1, (5 * cosine + 5) / 2)) - Float(set.halfStars[Int(row)]) / 2)
            squares += error * error
        }
        #expect(abs((squares / Double(heldOut.count)).squareRoot() - trained.best.heldOutRMSE) < 2e-3)
    }

    @Test func itEndsWhenNothingGetsBetter() throws {
        var settings = settings(epochs: 1000)
        settings.patience = 2
        // With steps of no length every epoch is like the first.
        settings.learningRate = 0
        var count = 0
        _ = FusionTrainer(try madeUpSet(), settings).train(each: { _ in count += 1 })
        #expect(count == 3)
    }

    @Test func whoIsStoppedHasNoModel() throws {
        #expect(FusionTrainer(try madeUpSet(), settings()).train(isStopped: { true }) == nil)
    }

    @Test func theModelKnowsWhoRatedWhat() throws {
        let set = try madeUpSet()
        let model = try #require(FusionTrainer(set, settings(epochs: 1)).train()).model
        let pairs = model.users.flatMap { user in user.rated.map { [user.id, model.movies[Int($0)].movieID] } }
        #expect(Set(pairs) == Set((0..<set.count).map { [Int64(set.userIDs[$0]), Int64(set.movieIDs[$0])] }))
        #expect(model.movies.count == 40)
    }

    @Test func whatWasNeverRatedHasTheMeanEmbedding() throws {
        let stream = SyntheticStream(seed: 1, users: 30, movies: 40, ratings: 300)
        let movies = stream.movies() + [Movie(movieID: 500, title: "New (2000)", genres: ["Drama"])]
        let set = try FusionTrainingSet(
            name: "made up", ratings: stream.ratings(), movies: movies, users: stream.users())
        let parameters = try #require(FusionTrainer(set, settings(epochs: 1)).train()).model.parameters
        let length = parameters.sizes.dimensions.embedding
        let rated = Set(set.movieIDs.map { Int($0) }).sorted()
        let new = Array(parameters[.movieEmbedding].suffix(length))
        for (value, mean) in zip(new, parameters.mean(of: .movieEmbedding, rows: rated)) {
            #expect(abs(value - mean) < 0.02)
        }
    }

    /// All alike, or one alone; and steps far too long.
    @Test(arguments: [1, 2, 10] as [UInt8], [0.2, 50] as [Float])
    func extremesLeaveEverythingFinite(halfStars: UInt8, learningRate: Float) throws {
        let stream = SyntheticStream(seed: 1, users: 30, movies: 40, ratings: 300)
        let made = stream.ratings()
        for ratings in [20, made.count] {
            var table = RatingTable()
            for row in 0..<ratings {
                table.append(
                    userID: made.userIDs[row], movieID: made.movieIDs[row], halfStars: halfStars,
                    timestampSeconds: made.timestampsSeconds[row])
            }
            let set = try FusionTrainingSet(
                name: "made up", ratings: table, movies: stream.movies(), users: stream.users())
            var settings = settings(epochs: 30)
            settings.learningRate = learningRate
            let trained = try #require(FusionTrainer(set, settings).train())
            for tensor in FusionTensor.allCases {
                #expect(trained.model.parameters[tensor].allSatisfy { $0.isFinite }, "\(tensor) of \(ratings)")
            }
        }
    }

    @Test func aSetThatCanNotBeTrainedOnIsTold() throws {
        #expect(throws: FusionTrainingSet.Failure.noRatings(dataset: "x")) {
            try FusionTrainingSet(name: "x", ratings: RatingTable(), movies: [], users: [])
        }
        let stream = SyntheticStream(seed: 1, users: 30, movies: 40, ratings: 300)
        let far = Movie(movieID: FusionModelFile.idMax + 1, title: "Far")
        #expect(throws: FusionTrainingSet.Failure.self) {
            try FusionTrainingSet(name: "x", ratings: stream.ratings(), movies: [far], users: [])
        }
    }

    /// Minutes, so only when asked for: MARQUEE_FUSION_BENCHMARK names a folder with ml-1m's files.
    @Test(.enabled(if: benchmark != nil, "needs MARQUEE_FUSION_BENCHMARK, a folder with ml-1m"))
    func heldOutStarsOfMovieLensAreWithinTheBar() throws {
        let set = try FusionTrainingSet(try MovieLensDataset(directory: Self.benchmark ?? ""))
        let trained = try #require(FusionTrainer(set, settings(epochs: 40)).train(each: { print($0) }))
        #expect(trained.best.heldOutRMSE <= 0.860)
    }

    private static let benchmark = ProcessInfo.processInfo.environment["MARQUEE_FUSION_BENCHMARK"]
}
