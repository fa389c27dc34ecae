import CommandLineOptions
import Foundation
import Kafka
import MovieLens

/// `marquee bench pipeline`: a backlog through the service, beside a bare read of the same topic, then freshness.
enum BenchPipelineCommand {
    static func run(_ invocation: Invocation) throws -> Int32 {
        let stop = StopSignal()
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        var stream = try dataset.ratings().sortedByTime()
        if let limit = invocation.int(ifSet: "limit") { stream = stream.prefix(limit) }
        guard !stream.isEmpty else { throw UserFacingError("'\(dataset.directory)' holds no ratings") }
        let catalogue = BenchStage.Catalogue(movies: try dataset.movies(), users: try dataset.users())
        let stage = try BenchStage(invocation, stream: stream)
        defer { stage.close() }
        let run = BenchPipelineRun(
            stage: stage, stream: stream, listLength: try invocation.int("top-k"), rate: try invocation.int("rate"),
            seconds: try invocation.int("seconds"), stop: stop)
        do {
            let report = try run.run(catalogue)
            if try invocation.string("output") == "json" {
                try JSONOutput.print(report)
            } else {
                Terminal.print("\(dataset.name) on \(stage.name)\n\n" + report.text)
            }
            return ExitCode.done
        } catch is BenchPipelineRun.Interrupted {
            Terminal.log("interrupted")
            return ExitCode.interrupted
        }
    }
}
