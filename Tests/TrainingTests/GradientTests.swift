import Events
import FusionTestSupport
import Learning
import MovieLens
import Testing

@testable import Training

/// A small made-up set.
func madeUpSet(users: Int = 30, movies: Int = 40, ratings: Int = 300, seed: UInt64 = 1) throws -> FusionTrainingSet {
    try FusionTrainingSet(SyntheticStream(seed: seed, users: users, movies: movies, ratings: ratings))
}

struct GradientTests {
    /// Mean (5 cos - label)² of some ratings, layer by layer in double precision.
    private func loss(_ parameters: FusionParameters, _ set: FusionTrainingSet, _ rows: [Int32]) -> Double {
        let towers = LayeredTowers(parameters)
        let profiles = set.profiles(rows: parameters.sizes.userRows)
        let features = set.features(rows: parameters.sizes.movieRows)
        let squares = rows.map { row -> Double in
            let (user, movie) = (Int(set.userIDs[Int(row)]), Int(set.movieIDs[Int(row)]))
            let cosine = LayeredTowers.cosine(
                towers.user(user, profiles[user]), towers.movie(movie, features[movie]))
            let error = 5 * cosine - (Double(set.halfStars[Int(row)]) - 5)
            return error * error
        }
        return squares.reduce(0, +) / Double(rows.count)
    }

    /// A step of rate 1 takes the gradient away from the parameters, so what it takes must be the slope of the loss.
    @Test(arguments: FusionTensor.allCases, [1, 2, 3])
    func aStepFollowsTheSlopeOfTheLoss(tensor: FusionTensor, workers: Int) throws {
        let set = try madeUpSet()
        var settings = FusionTrainerSettings()
        settings.dimensions = MadeUpModel.oddDimensions
        settings.workers = workers
        let start = MadeUpModel.parameters(set.sizes(settings.dimensions), seed: 9)
        // Users and movies come several times.
        let rows = (0..<40).map { Int32($0 * 7 % set.count) }
        let after = FusionTrainer(set, settings, from: start).descend(rows, rate: 1)

        let values = start[tensor]
        let gradient = zip(values, after[tensor]).map { Double($0) - Double($1) }
        let largest = gradient.map { abs($0) }.max() ?? 0
        #expect(largest > 1e-4, "the batch moves it")
        // The steepest places, and some others.
        let steepest = gradient.indices.sorted { abs(gradient[$0]) > abs(gradient[$1]) }.prefix(4)
        let spread = (0..<4).map { $0 * 31 % gradient.count }
        for place in Array(steepest) + spread {
            let width: Float = 1e-3
            var (low, high) = (start, start)
            low[tensor][place] -= width
            high[tensor][place] += width
            let distance = Double(high[tensor][place]) - Double(low[tensor][place])
            let slope = (loss(high, set, rows) - loss(low, set, rows)) / distance
            #expect(abs(gradient[place] - slope) < 2e-3 * largest + 2e-5, "\(tensor.rawValue) at \(place)")
        }
    }

    @Test func theStepIsProportionalToItsRateAndShrinksWhatIsRegularised() throws {
        let set = try madeUpSet()
        var settings = FusionTrainerSettings()
        settings.dimensions = MadeUpModel.oddDimensions
        let start = MadeUpModel.parameters(set.sizes(settings.dimensions), seed: 9)
        let rows = (0..<64).map { Int32($0) }
        let plain = FusionTrainer(set, settings, from: start).descend(rows, rate: 0.5)
        let whole = FusionTrainer(set, settings, from: start).descend(rows, rate: 1)
        settings.regularization = 0.1
        let shrunk = FusionTrainer(set, settings, from: start).descend(rows, rate: 1)
        let count = Float(rows.count { set.movieIDs[Int($0)] == set.movieIDs[0] })
        let first = Int(set.movieIDs[0]) * settings.dimensions.embedding
        for place in first..<first + settings.dimensions.embedding {
            let value = start[.movieEmbedding][place]
            let step = value - whole[.movieEmbedding][place]
            #expect(abs(value - plain[.movieEmbedding][place] - step / 2) < 1e-5)
            let penalty = 0.1 * value * count / Float(rows.count)
            #expect(abs(whole[.movieEmbedding][place] - shrunk[.movieEmbedding][place] - penalty) < 1e-5)
        }
        #expect(plain[.userEmbedding].prefix(settings.dimensions.embedding) == start[.userEmbedding].prefix(6))
    }
}
