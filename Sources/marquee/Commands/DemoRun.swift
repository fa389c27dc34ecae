import Events
import Foundation
import Kafka
import MovieLens
import Recommending
import Streaming

/// The demo's parts and its course: the catalogue, most of the ratings as fast as they are taken, the last few at a
/// steady rate.
///
/// Freshness is measured at the steady rate alone: behind a backlog it would be the length of the queue.
final class DemoRun {
    private static let pacedRate = 1000
    private static let pacedRatingsMax = 3000
    /// The embedded broker drops the oldest records of a partition beyond about 5 MiB. A rating takes less than 110
    /// bytes, so even if one partition got them all, they would stay below 3 MiB.
    private static let ratingsAheadMax = (3 << 20) / 110
    /// The same for lists, which are compressed, in case that the reader falls behind.
    private static let listsUnreadMax = 8000
    /// Lists that the sample for Recall@10 should have, about.
    private static let recallListsWanted = 4000
    private static let quietSecondsMax = 10.0

    private let data: DemoData
    private let stage: DemoStage
    private let listLength: Int
    private let began: Double
    private let stop: StopSignal
    private let pacedFrom: Int
    private let meter: FreshnessMeter
    private let figures = LiveFigures()
    /// Lists that the broker dropped before they were read.
    private var listsLost = 0

    init(_ data: DemoData, stage: DemoStage, listLength: Int, began: Double, stop: StopSignal) {
        self.data = data
        self.stage = stage
        self.listLength = listLength
        self.began = began
        self.stop = stop
        let count = data.stream.count
        pacedFrom = count - min(Self.pacedRatingsMax, (count + 3) / 4)
        meter = FreshnessMeter(numbers: pacedFrom..<count, userIDs: data.stream.userIDs[pacedFrom...])
    }

    func run() throws -> DemoSummary {
        stage.lists.measure(with: meter)
        let replay = try StreamReplay(configuration: stage.configuration, topics: stage.topics, speed: .max)
        _ = try replay.publish(movies: data.movies)
        _ = try replay.publish(users: data.users)
        let service = RecommenderService(try settings(), stop: stop)
        var summary = DemoSummary()
        do {
            defer { stop.set() }
            try publish(with: replay, service, &summary)
        }
        try service.wait()
        try stage.reader.stop()
        complete(&summary, service)
        return summary
    }

    private func settings() throws -> RecommenderService.Settings {
        let halfStars = data.stream.halfStars
        let relevant = halfStars.count { $0 >= RankingSample.relevantHalfStarsMin }
        let sample = max(1, relevant / Self.recallListsWanted)
        let range: ClosedRange<Float> = halfStars.contains { $0 % 2 == 1 } ? 0.5...5 : 1...5
        let properties = stage.configuration.properties.merging(["compression.type": "lz4"]) { $1 }
        var settings = RecommenderService.Settings(
            configuration: try KafkaConfiguration(
                bootstrapServers: stage.configuration.bootstrapServers, properties: properties),
            topics: stage.topics, stateDirectory: stage.stateDirectory.path, listLength: listLength)
        settings.makeObserver = { [figures] recommender in
            LiveEvaluation(
                recommender, LiveEvaluation.Settings(sampleOneIn: sample, predictionRange: range), figures: figures)
        }
        return settings
    }

    private func publish(
        with replay: StreamReplay, _ service: RecommenderService, _ summary: inout DemoSummary
    ) throws {
        var speed = Speed()
        replay.throttle = { [self] published in
            repeat { speed.note(taken(service)) } while pauses(published - taken(service) > Self.ratingsAheadMax)
            waitForReader(service)
        }
        _ = try replay.publish(
            ratings: data.stream.prefix(pacedFrom), from: 0, shouldStop: { [stop] in stop.isSet }, progress: { _ in })
        try wait(untilDone: pacedFrom, service) { speed.note($0) }
        summary.fullSpeedEvents = pacedFrom
        summary.eventsPerSecond = speed.perSecond

        let paced = try StreamReplay(
            configuration: stage.configuration, topics: stage.topics, speed: .rate(Double(Self.pacedRate)))
        paced.willSend = { [meter] in meter.willSend($0) }
        summary.pacedRate = Self.pacedRate
        summary.pacedEvents = try paced.publish(
            ratings: data.stream, from: pacedFrom, shouldStop: { [stop] in stop.isSet }, progress: { _ in })
        try wait(untilDone: data.stream.count, service) { _ in }
        // The last lists are under way.
        let deadline = MonotonicTime.seconds + 1
        while !stop.isSet, MonotonicTime.seconds < deadline, meter.answeredCount() < summary.pacedEvents {
            usleep(2000)
        }
    }

    /// How fast ratings are taken, from the first that were to the last.
    private struct Speed {
        private let began = MonotonicTime.seconds
        private var first: (count: Int, seconds: Double)?
        private var last: (count: Int, seconds: Double)?

        mutating func note(_ taken: Int) {
            if taken == last?.count ?? 0 { return }
            let now = (taken, MonotonicTime.seconds)
            if first == nil { first = now }
            last = now
        }

        var perSecond: Double {
            guard let first, let last else { return 0 }
            // All at once: the start is all there is to count from.
            if last.count == first.count { return Double(last.count) / max(last.seconds - began, 1e-9) }
            return Double(last.count - first.count) / max(last.seconds - first.seconds, 1e-9)
        }
    }

    /// Sleeps a little when it must; false when it need not, or the end was called.
    private func pauses(_ must: Bool) -> Bool {
        guard must && !stop.isSet else { return false }
        usleep(500)
        return true
    }

    private func published(_ service: RecommenderService) -> Int {
        service.counters?.lists.load(ordering: .relaxed) ?? 0
    }

    /// Ratings that the service has taken.
    private func taken(_ service: RecommenderService) -> Int {
        guard let counters = service.counters else { return 0 }
        return counters.ratings.load(ordering: .relaxed) + counters.deadLetters.load(ordering: .relaxed)
    }

    /// Waits while the reader has too many lists before it. Those that it does not get within a while are lost to it.
    private func waitForReader(_ service: RecommenderService) {
        var last = stage.reader.count
        var lastChange = MonotonicTime.seconds
        while !stop.isSet && published(service) - listsLost - last > Self.listsUnreadMax {
            usleep(500)
            let now = stage.reader.count
            if now > last {
                last = now
                lastChange = MonotonicTime.seconds
            } else if MonotonicTime.seconds - lastChange > 0.2 {
                listsLost = published(service) - now
            }
        }
    }

    private func wait(
        untilDone count: Int, _ service: RecommenderService, _ note: (_ taken: Int) -> Void
    ) throws {
        var last = taken(service)
        var lastChange = MonotonicTime.seconds
        note(last)
        while !stop.isSet && last < count {
            usleep(500)
            let now = taken(service)
            note(now)
            if now > last {
                last = now
                lastChange = MonotonicTime.seconds
            } else if MonotonicTime.seconds - lastChange > Self.quietSecondsMax {
                throw UserFacingError(
                    "the service took \(grouped(now)) of \(grouped(count)) ratings and then nothing for"
                        + " \(Int(Self.quietSecondsMax)) s: is the machine out of memory or time?")
            }
        }
    }

    private func complete(_ summary: inout DemoSummary, _ service: RecommenderService) {
        summary.events = service.counters?.ratings.load(ordering: .relaxed) ?? 0
        summary.deadLetters = service.counters?.deadLetters.load(ordering: .relaxed) ?? 0
        summary.lists = published(service)
        summary.listsRead = stage.reader.count
        summary.firstListSeconds = stage.lists.firstSeconds.map { $0 - began }
        summary.freshnessMilliseconds = meter.percentiles()
        summary.rmse = figures.rmse
        summary.recall10 = figures.recall10
        summary.recallLists = figures.lists
    }
}
