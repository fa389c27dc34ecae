import Foundation
import FusionTestSupport
import Learning
import MovieLens
import Testing
import Training

@testable import marquee

/// The index gives what scoring every movie would give, for every user.
struct FusionIndexTests {
    private static let listLength = 10
    /// Between inner products in single and in double precision.
    private static let tolerance = 2e-6

    private func expectExact(_ model: FusionModel) throws {
        let recommender = try FusionRecommender(model)
        let dimension = recommender.towers.dimension
        let count = model.movies.count
        // Coordinate-major, so that all movies' scores grow side by side.
        var columns = [Double](repeating: 0, count: dimension * count)
        var vector = [Float](repeating: 0, count: recommender.towers.paddedDimension)
        for movie in 0..<count {
            model.movieVector(movie, recommender.towers, into: &vector)
            for place in 0..<dimension { columns[place * count + movie] = Double(vector[place]) }
        }
        var mistakes = 0
        var scores = [Double](repeating: 0, count: count)
        for user in model.users {
            let query = model.userVector(user, FusionProfile(), recommender.towers)
            for movie in 0..<count { scores[movie] = 0 }
            columns.withUnsafeBufferPointer { columns in
                scores.withUnsafeMutableBufferPointer { scores in
                    for place in 0..<dimension {
                        let weight = Double(query[place])
                        for movie in 0..<count { scores[movie] += weight * columns[place * count + movie] }
                    }
                }
            }
            for movie in user.rated { scores[Int(movie)] = -.infinity }
            let best = scores.filter { $0 > -.infinity }.sorted(by: >).prefix(Self.listLength)
            let found = try recommender.best(Self.listLength, user: user.id, profile: FusionProfile())
            // The same films but for those whose cosines are equal to the last digits.
            let exact = found.map { item in
                model.movies.firstIndex { $0.movieID == item.movie.movieID }.map { scores[$0] } ?? -.infinity
            }
            let isExact =
                found.count == best.count && Set(found.map(\.movie.movieID)).count == found.count
                && zip(exact, best).allSatisfy { abs($0 - $1) < Self.tolerance }
                && zip(found, best).allSatisfy { abs(Double($0.score) - 5 * $1) < 5 * Self.tolerance }
            if !isExact { mistakes += 1 }
        }
        #expect(mistakes == 0)
    }

    @Test func ofASmallModel() throws {
        try expectExact(MadeUpModel.make(users: 50, movies: 120))
        try expectExact(MadeUpModel.make(FusionDimensions(), users: 20, movies: 60, seed: 2))
    }

    private static let dataFolder = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"].flatMap {
        FileManager.default.fileExists(atPath: $0 + "/ml-1m/ratings.dat") ? $0 + "/ml-1m" : nil
    }

    @Test(.enabled(if: dataFolder != nil, "needs MARQUEE_TEST_DATA with ml-1m"))
    func ofEveryUserOfMovieLens() throws {
        let set = try FusionTrainingSet(try MovieLensDataset(directory: Self.dataFolder ?? ""))
        var settings = FusionTrainerSettings()
        settings.epochsMax = 1
        let model = try #require(FusionTrainer(set, settings).train()).model
        #expect(model.users.count == 6040 && model.movies.count == 3883)
        try expectExact(model)
    }
}
