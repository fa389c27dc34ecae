import Foundation
import ProcessTestSupport

/// Small file systems and read-only ones, where this process may mount any.
enum Mounts {
    static let areAllowed: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }
        guard run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path]) else { return false }
        return run("umount", [folder.path])
    }()

    /// A folder on a file system of its own with this much room. Everything is unmounted when it goes.
    final class Volume {
        private let folder: TemporaryFolder
        var path: String { folder.path }

        struct Refused: Error {}

        init(size: String) throws {
            folder = try TemporaryFolder()
            guard run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path]) else { throw Refused() }
        }

        deinit { while run("umount", ["-l", path]) {} }

        func resize(_ size: String) throws {
            guard run("mount", ["-o", "remount,size=\(size)", path]) else { throw Refused() }
        }

        /// Lays a read-only view of the folder over it; what is open stays writable.
        func cover() throws {
            guard run("mount", ["--bind", path, path]), run("mount", ["-o", "remount,bind,ro", path]) else {
                throw Refused()
            }
        }

        func uncover() throws {
            guard run("umount", ["-l", path]) else { throw Refused() }
        }
    }

    private static func run(_ command: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "exec \"$0\" \"$@\" 2>/dev/null", command] + arguments
        process.standardInput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
