import Foundation
import ProcessTestSupport

/// Starts an Apache Kafka by the `kafka` script of a folder.
public enum ApacheKafka {
    struct StartFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// The folder with the script, if the environment names one.
    public static var home: String? {
        let home = ProcessInfo.processInfo.environment["MARQUEE_KAFKA_HOME"]
        return home?.isEmpty == false ? home : nil
    }

    /// Starts a broker of its own, or the one of the same `name` again, and returns its address. `arguments` go to the
    /// script.
    public static func start(home: String, name: String, arguments: [String] = []) throws -> String {
        let directory = directory(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let script = home + "/kafka"
        try watch(script, directory)
        // A file instead of a pipe: the broker outlives the script and would keep a pipe open.
        let answer = directory.appendingPathComponent("address")
        _ = FileManager.default.createFile(atPath: answer.path, contents: nil)
        let process = try Spawn.start(
            [script, "start", "--dir", directory.appendingPathComponent("data").path] + arguments,
            environment: ProcessInfo.processInfo.environment, input: "/dev/null", output: answer.path)
        var isReaped = false
        let end = Date().addingTimeInterval(60)
        while Date() < end {
            var status: Int32 = 0
            if !isReaped { isReaped = waitpid(process, &status, WNOHANG) == process }
            let text = try String(contentsOf: answer, encoding: .utf8)
            if isReaped, text.hasSuffix("\n"), let line = text.split(separator: "\n").last(where: { $0.contains(":") })
            {
                return line.trimmingCharacters(in: .whitespaces)
            }
            usleep(50_000)
        }
        throw StartFailure(description: "Apache Kafka did not start within 60 s.")
    }

    /// Ends a broker as kill -9 does; its data stays.
    public static func kill(home: String, name: String) throws { try run("kill", home: home, name: name) }

    /// Runs a command of the script that ends by itself.
    static func run(_ command: String, home: String, name: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: home + "/kafka")
        process.arguments = [command, "--dir", directory(name).appendingPathComponent("data").path]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
    }

    static func directory(_ name: String) -> URL {
        FileManager.default.temporaryDirectory
            .appendingPathComponent("marquee-kafka-\(ProcessInfo.processInfo.processIdentifier)-\(name)")
    }

    /// Leaves a small shell behind that kills the broker and removes its files once this process is gone, also when
    /// a test crashes.
    private static func watch(_ script: String, _ directory: URL) throws {
        let mark = directory.appendingPathComponent("watched")
        if FileManager.default.fileExists(atPath: mark.path) { return }
        try Data().write(to: mark)
        let watcher = Process()
        watcher.executableURL = URL(fileURLWithPath: "/bin/sh")
        watcher.arguments = [
            "-c",
            """
            trap '' INT TERM HUP
            while kill -0 "$1" 2>/dev/null; do sleep 0.5; done
            "$2" kill --dir "$3/data"; rm -rf "$3"
            """, "watch", String(ProcessInfo.processInfo.processIdentifier), script, directory.path,
        ]
        watcher.standardInput = FileHandle.nullDevice
        watcher.standardOutput = FileHandle.nullDevice
        watcher.standardError = FileHandle.nullDevice
        try watcher.run()
    }
}
