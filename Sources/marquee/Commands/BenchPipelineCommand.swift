import CommandLineOptions

enum BenchPipelineCommand {
    static func run(_ invocation: Invocation) throws -> Int32 { ExitCode.failed }
}
