import Foundation

/// Kills what children are left once this process is gone, also when a test crashes: a small shell waits for that.
///
/// Each child that runs has a file of its process id's name.
final class ChildWatch: Sendable {
    static let shared = ChildWatch()

    private let folder: String

    private init() {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("marquee-children-\(ProcessInfo.processInfo.processIdentifier)").path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let watcher = Process()
        watcher.executableURL = URL(fileURLWithPath: "/bin/sh")
        watcher.arguments = [
            "-c",
            """
            trap '' INT TERM HUP
            while kill -0 "$1" 2>/dev/null; do sleep 0.5; done
            for child in "$2"/*; do kill -9 "${child##*/}" 2>/dev/null; done
            rm -rf "$2"
            """, "watch", String(ProcessInfo.processInfo.processIdentifier), folder,
        ]
        watcher.standardInput = FileHandle.nullDevice
        watcher.standardOutput = FileHandle.nullDevice
        watcher.standardError = FileHandle.nullDevice
        try? watcher.run()
    }

    func add(_ child: pid_t) { _ = FileManager.default.createFile(atPath: "\(folder)/\(child)", contents: nil) }
    func remove(_ child: pid_t) { unlink("\(folder)/\(child)") }
}
