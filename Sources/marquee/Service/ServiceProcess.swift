import Foundation

/// `marquee serve` as a child process, so that its processor time and memory are its own.
final class ServiceProcess {
    private static let stopSeconds = 15.0
    private let process = Process()
    private let logPath: String

    /// Starts this very executable. Its log goes to a file in `directory`.
    init(arguments: [String], directory: String) throws {
        logPath = directory + "/serve.log"
        guard FileManager.default.createFile(atPath: logPath, contents: nil),
            let log = FileHandle(forWritingAtPath: logPath)
        else { throw UserFacingError("can't write in '\(directory)'") }
        process.executableURL = URL(fileURLWithPath: Self.executablePath)
        process.arguments = ["serve"] + arguments
        // What is set for this command must not change that one.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARQUEE_") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = log
        try process.run()
        try? log.close()
    }

    deinit { stop() }

    /// Throws what the service said last when it has ended by itself.
    func check() throws {
        if process.isRunning { return }
        let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        let last = log.split(separator: "\n").last.map(String.init) ?? "it said nothing"
        throw UserFacingError("the service ended with exit code \(process.terminationStatus): \(last)")
    }

    /// Processor time so far, user and system, in seconds.
    func cpuSeconds() -> Double? {
        // Fields are counted after the name, which may hold spaces.
        guard let stat = Self.text("/proc/\(process.processIdentifier)/stat"),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The most memory that was resident at any moment.
    func peakResidentBytes() -> Int? {
        guard let status = Self.text("/proc/\(process.processIdentifier)/status") else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 * 1024 }
    }

    /// Asks it to stop, and makes it when it does not within a while.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let deadline = MonotonicTime.seconds + Self.stopSeconds
        while process.isRunning && MonotonicTime.seconds < deadline { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    private static var executablePath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    private static func text(_ path: String) -> String? {
        // Files of /proc have no size to read up to.
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
