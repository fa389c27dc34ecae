import Foundation

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
        let process = try spawn(
            [script, "start", "--dir", directory.appendingPathComponent("data").path] + arguments, output: answer.path)
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

    /// Not by Foundation, which believes that the script runs as long as the broker does and leaves it unreaped: tests that
    /// wait for whatever child ends first would never see theirs.
    private static func spawn(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], &actions, &attributes, &pointers, environ)
        guard code == 0 else { throw StartFailure(description: "Apache Kafka's script did not start: error \(code).") }
        return process
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
