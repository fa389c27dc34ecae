import Foundation
import MovieLens

/// The course of a benchmark of the pipeline: load the backlog, read it bare, let the service work it off, then pace
/// ratings and time their lists.
struct BenchPipelineRun {
    struct Interrupted: Error {}

    private static let quietSecondsMax = 60.0
    private static let bareRounds = 2

    let stage: BenchStage
    let stream: RatingTable
    let listLength: Int
    /// Ratings a second.
    let rate: Int
    let seconds: Int
    let stop: StopSignal

    func run(_ catalogue: BenchStage.Catalogue) throws -> BenchPipelineReport {
        try stage.load(catalogue, stream, stop)
        var report = BenchPipelineReport(ratings: stream.count, rate: rate)
        report.partitions = stage.partitions
        report.broker = stage.isEmbedded ? "embedded" : "kafka"
        for _ in 0..<Self.bareRounds {
            let bare = try BenchBareRead.ratingsPerSecond(stage.configuration, stage.topics, count: stream.count, stop)
            report.rawConsumePerSecond = max(report.rawConsumePerSecond, bare)
        }

        let began = MonotonicTime.seconds
        let service = try ServiceProcess(
            arguments: stage.serveArguments + ["--top-k", String(listLength)], directory: stage.directory.path)
        defer { service.stop() }
        let journal = try BenchJournal(stage.configuration, topics: stage.topics)
        try follow(journal, until: stream.count, service)
        report.secondsFromStart = MonotonicTime.seconds - began
        report.ratingsPerSecond = journal.ratingsPerSecond ?? Double(stream.count) / report.secondsFromStart
        report.listsPublished = journal.lists
        report.cpuSeconds = service.cpuSeconds() ?? 0

        report.freshness = try BenchFreshness(stage: stage, stream: stream, rate: rate, seconds: seconds, stop: stop)
            .run { try service.check() }
        report.peakRSSBytes = service.peakResidentBytes() ?? 0
        return report
    }

    private func follow(_ journal: BenchJournal, until count: Int, _ service: ServiceProcess) throws {
        var progress = Progress("ratings", total: count)
        defer { progress.clear() }
        var lastChange = MonotonicTime.seconds
        while journal.ratings < count {
            if stop.isSet { throw Interrupted() }
            try service.check()
            let before = journal.ratings
            try journal.poll(waitMilliseconds: 100)
            progress.update(journal.ratings)
            if journal.ratings != before { lastChange = MonotonicTime.seconds }
            if MonotonicTime.seconds - lastChange > Self.quietSecondsMax {
                throw UserFacingError(
                    "the service committed \(grouped(journal.ratings)) of \(grouped(count)) ratings and then nothing"
                        + " for \(Int(Self.quietSecondsMax)) s")
            }
        }
    }
}
