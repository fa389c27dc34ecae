import CommandLineOptions
import Foundation
import Learning
import MovieLens
import Recommending
import VectorIndex

/// `marquee evaluate`: a data set test-then-learn, through the learner, index and recommender that serve.
enum EvaluateCommand {
    /// From so many ratings on, a list at one in ten liked ratings is enough.
    private static let largeRatingsMin = 500_000

    static func run(_ invocation: Invocation) throws -> Int32 {
        let name = try invocation.string("protocol")
        if name == "split" { return try EvaluateSplit.run(invocation) }
        guard let evaluation = EvaluationProtocol(rawValue: name) else { preconditionFailure("options are checked") }
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        let stop = StopSignal()
        let movies = try dataset.movies()
        let users = try dataset.users()
        let whole = try dataset.ratings().sortedByTime()
        guard !whole.isEmpty else { throw UserFacingError("'\(dataset.directory)' holds no ratings") }
        let sample = invocation.int(ifSet: "sample") ?? (whole.count > largeRatingsMin ? 10 : 1)
        let stream = invocation.int(ifSet: "limit").map { whole.prefix($0) } ?? whole
        let recording = try invocation.string(ifSet: "record").map { try EvaluateRecording(path: $0) }

        let model = try ModelKind(invocation).makeModel()
        let learner = Learner(model: model, batchCapacity: batchCapacity)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: model.dimension),
            listLength: PrequentialMetrics.listLength, candidates: try candidates(invocation))
        for movie in movies { _ = learner.announce(movie) }
        for user in users { _ = learner.describe(user) }
        let hasHalfStars = whole.halfStars.contains { $0 % 2 == 1 }
        let evaluator = PrequentialEvaluator(
            recommender: recommender, protocol: evaluation, eventCount: stream.count, sampleOneIn: sample,
            predictionRange: hasHalfStars ? 0.5...5 : 1...5, batchCapacity: batchCapacity)

        let began = MonotonicTime.seconds
        guard try evaluate(stream, evaluator, recording, stop) else { return ExitCode.interrupted }
        let seconds = MonotonicTime.seconds - began
        try recording?.close()

        let report = EvaluateReport(
            protocolName: name, dataset: dataset.name, events: stream.count, sample: sample,
            universe: Set(movies.map(\.movieID)).union(whole.movieIDs.map { Int64($0) }).count,
            candidates: try invocation.string("candidates"), model: model.version, metrics: evaluator.metrics,
            seconds: seconds)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(report)
        } else {
            Terminal.print(report.text)
        }
        return ExitCode.done
    }

    /// By `--candidates retrieved|all`.
    private static func candidates(_ invocation: Invocation) throws -> CandidateScope {
        try invocation.string("candidates") == "all" ? .catalogue : .retrieved
    }

    private static let batchCapacity = 4096

    /// Runs the stream through; false when a signal came.
    private static func evaluate(
        _ stream: RatingTable, _ evaluator: PrequentialEvaluator, _ recording: EvaluateRecording?, _ stop: StopSignal
    ) throws -> Bool {
        var progress = Progress("events", total: stream.count)
        defer { progress.clear() }
        let each = recording.map { recording in { (event: PrequentialEvaluator.Event) in try recording.append(event) } }
        for row in 0..<stream.count {
            try evaluator.add(
                user: Int64(stream.userIDs[row]), movie: Int64(stream.movieIDs[row]),
                halfStars: stream.halfStars[row], timeMilliseconds: stream.timestampsSeconds[row] * 1000, each)
            if row & 1023 == 0 {
                if stop.isSet { return false }
                progress.update(row)
            }
        }
        try evaluator.flush(each)
        return true
    }
}
