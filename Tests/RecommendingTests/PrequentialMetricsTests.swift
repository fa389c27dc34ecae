import Foundation
import Learning
import Testing

@testable import Recommending

struct PrequentialMetricsTests {
    private func isClose(_ left: Double?, _ right: Double) -> Bool {
        guard let left else { return false }
        return abs(left - right) < 1e-12
    }

    @Test func errorsOfAHandComputedStream() {
        // Four events; the second half begins at event 2.
        var metrics = PrequentialMetrics(eventCount: 4)
        metrics.addPrediction(3, actual: 4, event: 0, nth: 1, movieNth: 11)
        metrics.addPrediction(4.5, actual: 4, event: 1, nth: 21, movieNth: 11)
        metrics.addPrediction(2, actual: 5, event: 2, nth: 5, movieNth: 11)
        metrics.addPrediction(3.5, actual: 3, event: 3, nth: 22, movieNth: 11)

        // Squares 1, 1/4, 9, 1/4.
        #expect(isClose(metrics.rmse.all, (10.5 / 4).squareRoot()))
        #expect(isClose(metrics.rmse.last50, (9.25 / 2).squareRoot()))
        #expect(isClose(metrics.rmse.cold, 3))
        #expect(isClose(metrics.rmse.warm, 0.5))
        #expect(isClose(metrics.mae.all, 5.0 / 4))
        #expect(isClose(metrics.mae.last50, 3.5 / 2))
        #expect(isClose(metrics.mae.cold, 3))
        #expect(isClose(metrics.mae.warm, 0.5))
    }

    @Test func ranksOfHandComputedLists() {
        var metrics = PrequentialMetrics(eventCount: 10)
        metrics.addList([7, 8, 9], relevant: 7, event: 0, nth: 1, movieNth: 11)
        metrics.addList([1, 2, 3, 4], relevant: 3, event: 6, nth: 2, movieNth: 11)
        metrics.addList([1, 2, 3], relevant: 99, event: 7, nth: 30, movieNth: 11)
        metrics.addList([], relevant: 1, event: 8, nth: 3, movieNth: 11)

        // Ranks 1, 3, none, none.
        #expect(isClose(metrics.recall10.all, 2.0 / 4))
        #expect(isClose(metrics.recall10.last50, 1.0 / 3))
        #expect(isClose(metrics.recall10.cold, 1.0 / 2))
        #expect(isClose(metrics.recall10.warm, 0))
        #expect(isClose(metrics.ndcg10.all, (1 + 1 / log2(4.0)) / 4))
        #expect(isClose(metrics.ndcg10.last50, 0.5 / 3))
        #expect(isClose(metrics.mrr10.all, (1 + 1.0 / 3) / 4))
        #expect(isClose(metrics.mrr10.cold, (1.0 / 3) / 2))
        #expect(metrics.listCount == 4)

        let coverage = metrics.coverage10(universe: 20)
        #expect(coverage.all == 7.0 / 20)
        #expect(coverage.last50 == 4.0 / 20)
    }

    @Test func onlyTenPlacesCount() {
        var metrics = PrequentialMetrics(eventCount: 1)
        metrics.addList(1...20, relevant: 11, event: 0, nth: 1, movieNth: 11)
        metrics.addList(1...20, relevant: 10, event: 0, nth: 1, movieNth: 11)
        #expect(metrics.recall10.all == 0.5)
        #expect(isClose(metrics.mrr10.all, 0.05))
        #expect(metrics.coverage10(universe: 20).all == 0.5)
    }

    @Test func fifthIsColdAndTwentyFirstIsWarm() {
        var metrics = PrequentialMetrics(eventCount: 2)
        for nth in [5, 6, 20, 21] { metrics.addPrediction(Double(nth), actual: 0, event: 1, nth: nth, movieNth: 11) }
        #expect(metrics.mae.cold == 5)
        #expect(metrics.mae.warm == 21)
        #expect(metrics.mae.last50 == 13)
    }

    @Test func tenthOfAMovieIsNewAndEleventhIsNot() {
        var metrics = PrequentialMetrics(eventCount: 100)
        for nth in [1, 10, 11] { metrics.addPrediction(Double(nth), actual: 0, event: 1, nth: 9, movieNth: nth) }
        #expect(metrics.mae.newMovies == 5.5)
        metrics.addList([4], relevant: 4, event: 2, nth: 9, movieNth: 3)
        metrics.addList([4], relevant: 5, event: 2, nth: 9, movieNth: 12)
        #expect(metrics.recall10.newMovies == 1)
    }

    @Test func whatNothingCountsForIsNull() throws {
        var metrics = PrequentialMetrics(eventCount: 2)
        metrics.addPrediction(3, actual: 4, event: 0, nth: 1, movieNth: 11)
        #expect(metrics.rmse == MetricSlices(all: 1))
        #expect(metrics.recall10 == MetricSlices())
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(metrics.rmse), as: UTF8.self)
        #expect(text == #"{"all":1,"cold":null,"last50":null,"newMovies":null,"warm":null}"#)
    }
}

struct RankingSampleTests {
    /// Computed by the protocol's reference implementation in Python.
    @Test(
        arguments: [
            (1, 1193, 16_988_714_701_141_400_521),
            (6040, 858, 16_808_286_990_723_760_306),
            (943, 50, 16_181_181_017_089_766_623),
            (123_456, 131_072, 5_891_649_684_687_056_506),
            (1, 1, 2_324_861_979_054_413_167),
        ] as [(Int64, Int64, UInt64)])
    func hashIsTheProtocols(user: Int64, movie: Int64, hash: UInt64) {
        #expect(RankingSample.hash(user: user, movie: movie) == hash)
        #expect(RankingSample.contains(user: user, movie: movie, halfStars: 8, oneIn: 10) == (hash % 10 == 0))
    }

    @Test func oneInTenIsTheProtocols() {
        var sampled: [(Int64, Int64)] = []
        for user in Int64(1)...100 {
            for movie in Int64(1)...100 where RankingSample.contains(user: user, movie: movie, halfStars: 10, oneIn: 10)
            {
                sampled.append((user, movie))
            }
        }
        #expect(sampled.count == 1059)
        #expect(sampled.prefix(5).map(\.1) == [15, 30, 32, 37, 44])
    }

    @Test func fourStarsAreRelevant() {
        #expect(!RankingSample.contains(user: 1, movie: 1, halfStars: 7, oneIn: 1))
        #expect(RankingSample.contains(user: 1, movie: 1, halfStars: 8, oneIn: 1))
    }
}
