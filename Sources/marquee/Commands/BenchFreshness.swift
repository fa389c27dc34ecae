import Foundation
import MovieLens

/// The time from a rating to the list that answers it, in a consumer's hand, while ratings come at a steady rate.
///
/// The ratings go on where the stream ends: those of its end once more, each with another number of stars, so that
/// every one is learnt and answered.
struct BenchFreshness {
    struct Figures {
        var percentiles: FreshnessMeter.Percentiles?
        /// Ratings that were sent after the warm-up, and how many of them were answered.
        var sent = 0
        var answered = 0
    }

    /// Lists that are late come within this, or count as unanswered.
    private static let patienceSeconds = 5.0

    let stage: BenchStage
    let stream: RatingTable
    let rate: Int
    let seconds: Int
    let stop: StopSignal

    func run(check: () throws -> Void) throws -> Figures {
        let more = ratedAgain(count: rate * seconds)
        let warmUp = more.count / 5
        let meter = FreshnessMeter(numbers: 0..<more.count, userIDs: more.userIDs)
        let reader = try ListReader(stage.configuration, topics: stage.topics) {
            meter.received($0.value, at: MonotonicTime.nanoseconds)
        }
        defer { try? reader.stop() }
        let replay = try StreamReplay(
            configuration: stage.configuration, topics: stage.topics, speed: .rate(Double(rate)))
        replay.willSend = { meter.willSend($0) }
        var progress = Progress("freshness", total: more.count)
        let sent = try replay.publish(
            ratings: more, from: 0, shouldStop: { stop.isSet }, progress: { progress.update($0) })
        progress.clear()
        let deadline = MonotonicTime.seconds + Self.patienceSeconds
        while !stop.isSet, meter.answeredCount() < sent, MonotonicTime.seconds < deadline { usleep(20_000) }
        if stop.isSet { throw BenchPipelineRun.Interrupted() }
        try check()
        try reader.stop()
        return Figures(
            percentiles: meter.percentiles(after: warmUp), sent: sent - warmUp,
            answered: meter.answeredCount(after: warmUp))
    }

    /// The stream's last ratings, over and over, one second apart from its end on.
    private func ratedAgain(count: Int) -> RatingTable {
        let window = min(count, stream.count)
        let end = stream.timestampsSeconds[stream.count - 1]
        var more = RatingTable()
        more.reserveCapacity(count)
        for number in 0..<count {
            let row = stream.count - window + number % window
            let isFirstTime = (number / window) % 2 == 0
            let known = stream.halfStars[row]
            let other = known > 6 ? known - 4 : known + 4
            more.append(
                userID: stream.userIDs[row], movieID: stream.movieIDs[row], halfStars: isFirstTime ? other : known,
                timestampSeconds: end + 1 + Int64(number))
        }
        return more
    }
}
