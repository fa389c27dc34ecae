import CommandLineOptions

enum BenchCodecCommand {
    static func run(_ invocation: Invocation) throws -> Int32 { ExitCode.failed }
}
