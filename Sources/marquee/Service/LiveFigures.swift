import Foundation
import Synchronization

/// What the live evaluation found so far, to be read from any thread.
final class LiveFigures: Sendable {
    /// Hits and discounted gains of lists of ten, one relevant movie each.
    struct Lists {
        var hits = 0.0
        var gains = 0.0

        /// - Parameter rank: From 1; nil when the movie was not in the list.
        mutating func add(rank: Int?) {
            guard let rank else { return }
            hits += 1
            gains += 1 / log2(Double(1 + rank))
        }

        mutating func halve() {
            hits /= 2
            gains /= 2
        }
    }

    struct Sums {
        var squaredError = 0.0
        var predictions = 0.0
        var asked = 0.0
        var lists = Lists()
        /// The most popular movies that the user has not rated.
        var popular = Lists()
        /// Of the copy that stands still: lists, and stars of the ratings that it was asked for.
        var frozenAsked = 0.0
        var frozen = Lists()
        var frozenSquaredError = 0.0
        var comparedSquaredError = 0.0
        var compared = 0.0
        /// How many ratings the copy has learnt.
        var frozenRatings: Int64 = 0

        /// There is no copy any more.
        mutating func forgetFrozen() {
            frozenAsked = 0
            frozen = Lists()
            frozenSquaredError = 0
            comparedSquaredError = 0
            compared = 0
            frozenRatings = 0
        }

        /// Makes what is old count half.
        mutating func halve() {
            squaredError /= 2
            predictions /= 2
            asked /= 2
            frozenAsked /= 2
            frozenSquaredError /= 2
            comparedSquaredError /= 2
            compared /= 2
            lists.halve()
            popular.halve()
            frozen.halve()
        }
    }

    private let sums = Mutex(Sums())

    func set(_ new: Sums) { sums.withLock { $0 = new } }

    private func ratio(_ of: (Sums) -> (Double, Double)) -> Double? {
        let (sum, count) = sums.withLock { of($0) }
        return count == 0 ? nil : sum / count
    }

    var lists: Int { sums.withLock { Int($0.asked) } }
    var rmse: Double? { ratio { ($0.squaredError, $0.predictions) }?.squareRoot() }
    var recall10: Double? { ratio { ($0.lists.hits, $0.asked) } }
    var ndcg10: Double? { ratio { ($0.lists.gains, $0.asked) } }
    var popularRecall10: Double? { ratio { ($0.popular.hits, $0.asked) } }
    var popularNDCG10: Double? { ratio { ($0.popular.gains, $0.asked) } }
    var frozenRecall10: Double? { ratio { ($0.frozen.hits, $0.frozenAsked) } }
    var frozenNDCG10: Double? { ratio { ($0.frozen.gains, $0.frozenAsked) } }
    /// On the same ratings: of the copy that stands still, and of the model.
    var frozenRMSE: Double? { ratio { ($0.frozenSquaredError, $0.compared) }?.squareRoot() }
    var comparedRMSE: Double? { ratio { ($0.comparedSquaredError, $0.compared) }?.squareRoot() }
    var frozenRatings: Int64 { sums.withLock { $0.frozenRatings } }

    /// One line for the log; nil before there is anything to say.
    var line: String? {
        guard let rmse, let recall10, let ndcg10, let popularRecall10, let popularNDCG10 else { return nil }
        var line =
            "quality of late: RMSE \(fixed(rmse, 3)); at \(grouped(lists)) likes Recall@10 \(fixed(recall10, 3)),"
            + " NDCG@10 \(fixed(ndcg10, 3)); the popular \(fixed(popularRecall10, 3)), \(fixed(popularNDCG10, 3))"
        if let frozenRecall10, let frozenNDCG10, let frozenRMSE, let comparedRMSE {
            line +=
                "; a copy that stands still since rating \(grouped(Int(frozenRatings))) \(fixed(frozenRecall10, 3)),"
                + " \(fixed(frozenNDCG10, 3)), RMSE \(fixed(frozenRMSE, 3)) against \(fixed(comparedRMSE, 3))"
        }
        return line
    }
}
