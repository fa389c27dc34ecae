import Foundation
import Testing

/// How a child process ended.
public enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
}

/// The `marquee` executable as a child process, its output in files.
///
/// It never outlives this object, nor the test process: `deinit` kills it, and a watcher does when the tests crash.
public final class ChildProcess {
    public let processID: pid_t
    public let arguments: [String]
    private let folder: TemporaryFolder
    public private(set) var ending: Ending?

    /// Starts `marquee` with these arguments; `input` becomes its standard input. The MARQUEE_ variables of this process
    /// are not handed on. `wrapper` is a command that replaces itself with the one that is appended to it.
    public init(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], wrapper: [String] = []
    ) throws {
        self.arguments = arguments
        folder = try TemporaryFolder()
        try folder.write("in", Data(input.utf8))
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARQUEE_") }
        variables.merge(environment) { $1 }
        // Not where a person keeps the state of a real service.
        variables["XDG_STATE_HOME"] = folder.path
        processID = try Spawn.start(
            wrapper + [Self.executable] + arguments, environment: variables, input: "\(folder.path)/in",
            output: "\(folder.path)/out", errors: "\(folder.path)/err")
        ChildWatch.shared.add(processID)
    }

    deinit { kill() }

    /// It lies beside the test runner.
    private static let executable =
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("marquee")
        .path

    /// Standard output so far.
    public var output: String { folder.read("out") }
    /// Standard error so far.
    public var errors: String { folder.read("err") }
    public var outputPath: String { "\(folder.path)/out" }

    public func signal(_ number: Int32) { if ending == nil { Foundation.kill(processID, number) } }

    /// Ends it at once and reaps it.
    public func kill() {
        guard ending == nil else { return }
        Foundation.kill(processID, SIGKILL)
        _ = reap(isWaiting: true)
    }

    public var isRunning: Bool { !reap(isWaiting: false) }

    /// Waits for the end; kills the process and fails the test when it takes longer.
    @discardableResult
    public func wait(seconds: Double, _ location: SourceLocation = #_sourceLocation) -> Ending? {
        let isEnded = eventually(seconds: seconds) { !isRunning }
        if !isEnded {
            kill()
            Issue.record(
                "'marquee \(arguments.joined(separator: " "))' ran longer than \(seconds) s and said: \(errors)",
                sourceLocation: location)
        }
        return ending
    }

    /// Waits until standard error holds a text; false when the process ends or the time passes before.
    public func waitForErrors(_ text: String, seconds: Double = 15) -> Bool {
        eventually(seconds: seconds) { errors.contains(text) || !isRunning } && errors.contains(text)
    }

    /// User and system time so far, in seconds.
    public func processorSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
        // The name in parentheses may hold anything; fields 14 and 15 are utime and stime.
        let fields = try #require(text.split(separator: ")").last).split(separator: " ")
        let ticks = try #require(Double(fields[11])) + #require(Double(fields[12]))
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func reap(isWaiting: Bool) -> Bool {
        if ending != nil { return true }
        var status: Int32 = 0
        guard waitpid(processID, &status, isWaiting ? 0 : WNOHANG) == processID else { return false }
        let signal = status & 0x7f
        ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
        ChildWatch.shared.remove(processID)
        return true
    }
}

/// What a command that has ended said.
public struct Finished {
    public var ending: Ending?
    public var output: String
    public var errors: String

    public init(of process: ChildProcess) {
        ending = process.ending
        output = process.output
        errors = process.errors
    }

    /// Whether standard error is one sentence in one line.
    public var isOneSentence: Bool { errors.hasPrefix("marquee: ") && errors.filter { $0 == "\n" }.count == 1 }

    public func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(output.utf8))
    }
}

/// Runs a command to its end.
public func marquee(
    _ arguments: [String], input: String = "", environment: [String: String] = [:], seconds: Double = 30,
    _ location: SourceLocation = #_sourceLocation
) throws -> Finished {
    let process = try ChildProcess(arguments, input: input, environment: environment)
    process.wait(seconds: seconds, location)
    return Finished(of: process)
}

/// Asks every 5 ms until the answer is yes; false when the time passes before.
public func eventually(seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
        if try condition() { return true }
        usleep(5000)
    }
    return try condition()
}
