import CommandLineOptions
import Events
import Foundation
import MovieLens

/// `marquee demo`: broker, service, replay and a reader of the lists in one process, for a few seconds.
enum DemoCommand {
    /// A stream in the shape of ml-1m, always the same.
    private static let syntheticSeed: UInt64 = 1

    static func run(_ invocation: Invocation) throws -> Int32 {
        let began = MonotonicTime.seconds
        let stop = StopSignal()
        let asJSON = try invocation.string("output") == "json"
        let dataset: any RatingDataset
        if let directory = invocation.string(ifSet: "dataset") {
            dataset = try MovieLensDataset(directory: directory)
        } else {
            dataset = SyntheticStream(seed: syntheticSeed, users: 6040, movies: 3883, ratings: 400_000)
        }
        var stream = try dataset.ratings().sortedByTime()
        if let limit = invocation.int(ifSet: "limit") { stream = stream.prefix(limit) }
        guard !stream.isEmpty else { throw UserFacingError("'\(dataset.name)' holds no ratings") }
        let movies = try dataset.movies()
        if !asJSON {
            let source =
                dataset is SyntheticStream
                ? "a made-up stream in the shape of ml-1m (seed \(syntheticSeed); --dataset takes a real one)"
                : dataset.name
            Terminal.print(
                "\(grouped(stream.count)) ratings of \(grouped(movies.count)) movies: \(source).\n"
                    + "Broker, service, replay and reader run in this process, on \(processorCount) processors.")
        }

        let run = try DemoRun(
            stream: stream, movies: movies, users: try dataset.users(), listLength: try invocation.int("top-k"),
            began: began, stop: stop)
        let screen = asJSON ? nil : DemoScreen(run.lists, stream: stream, movies: movies, began: began)
        let summary: DemoSummary
        do {
            defer { screen?.close() }
            summary = try run.run()
        }
        if stop.isInterrupted {
            Terminal.log("interrupted")
            return ExitCode.interrupted
        }
        if asJSON { try JSONOutput.print(summary) } else { Terminal.print("\n" + summary.text) }
        return ExitCode.done
    }

    private static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
}
