import CommandLineOptions
import Foundation

/// Finds the command and turns what goes wrong into one sentence and an exit code.
func runCommand() -> Int32 {
    do {
        let result = try CommandTree.root.parse(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
            readFile: { try readTextFile($0) })
        switch result {
        case .help(let text):
            Terminal.print(text)
            return ExitCode.done
        case .version:
            Terminal.print("marquee \(Version.text)")
            return ExitCode.done
        case .run(let invocation):
            for warning in invocation.warnings { Terminal.log(warning) }
            return try dispatch(invocation)
        }
    } catch let error as UsageError {
        Terminal.log(error.message)
        return ExitCode.usage
    } catch {
        Terminal.log("\(error)")
        return ExitCode.failed
    }
}

func dispatch(_ invocation: Invocation) throws -> Int32 {
    switch invocation.command {
    case ["demo"]: try DemoCommand.run(invocation)
    case ["serve"]: try ServeCommand.run(invocation)
    case ["replay"]: try ReplayCommand.run(invocation)
    case ["produce"]: try ProduceCommand.stream(invocation)
    case ["produce", "rating"]: try ProduceCommand.rating(invocation)
    case ["produce", "movie"]: try ProduceCommand.movie(invocation)
    case ["produce", "user"]: try ProduceCommand.user(invocation)
    case ["consume"]: try ConsumeCommand.run(invocation)
    case ["train"]: try TrainCommand.run(invocation)
    case ["recommend"]: try RecommendCommand.run(invocation)
    case ["evaluate"]: try EvaluateCommand.run(invocation)
    case ["export", "vectors"]: try ExportVectorsCommand.run(invocation)
    case ["bench", "codec"]: try BenchCodecCommand.run(invocation)
    case ["bench", "index"]: try BenchIndexCommand.run(invocation)
    case ["bench", "pipeline"]: try BenchPipelineCommand.run(invocation)
    case ["topics", "create"]: try TopicsCommand.create(invocation)
    case ["topics", "check"]: try TopicsCommand.check(invocation)
    case ["broker"]: try BrokerCommand.run(invocation)
    case ["state", "digest"]: try StateCommand.digest(invocation)
    case ["state", "export"]: try StateCommand.export(invocation)
    case ["state", "rebuild"]: try StateRebuildCommand.run(invocation)
    case ["state", "reset"]: try StateResetCommand.run(invocation)
    default: throw UsageError("marquee needs a command: see 'marquee --help'")
    }
}

exit(runCommand())
