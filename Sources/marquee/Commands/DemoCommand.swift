import CommandLineOptions

enum DemoCommand {
    static func run(_ invocation: Invocation) throws -> Int32 { ExitCode.failed }
}
