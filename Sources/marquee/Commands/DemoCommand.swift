import CommandLineOptions
import Foundation

/// `marquee demo`: broker, service, replay and a reader of the lists in one process, for a few seconds.
enum DemoCommand {
    static func run(_ invocation: Invocation) throws -> Int32 {
        let began = MonotonicTime.seconds
        let stop = StopSignal()
        let loading = DemoData.Loading(
            directory: invocation.string(ifSet: "dataset"), limit: invocation.int(ifSet: "limit"))
        let asJSON = try invocation.string("output") == "json"
        let stage = try DemoStage()
        defer { stage.close() }
        let data = try loading.wait()
        if !asJSON { Terminal.print(introduction(data)) }

        let run = DemoRun(
            data, stage: stage, listLength: try invocation.int("top-k"), began: began, stop: stop)
        let screen = asJSON ? nil : DemoScreen(stage.lists, data, began: began)
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

    private static func introduction(_ data: DemoData) -> String {
        let what = "\(grouped(data.stream.count)) ratings of \(grouped(data.movies.count)) movies"
        let source =
            data.isSynthetic
            ? "made up in the shape of ml-1m from seed \(DemoData.syntheticSeed);\n--dataset takes a real set."
            : "from \(data.name)."
        let processors = ProcessInfo.processInfo.activeProcessorCount
        return "\(what), \(source)\nBroker, service, replay and reader share this process and \(processors) processors."
    }
}
