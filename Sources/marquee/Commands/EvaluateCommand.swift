import CommandLineOptions

enum EvaluateCommand {
    static func run(_ invocation: Invocation) throws -> Int32 { ExitCode.failed }
}
