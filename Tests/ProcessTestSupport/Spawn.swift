import Glibc

/// Starts a child process that whoever starts it reaps, by `waitpid`.
///
/// Not by Foundation, which believes that a child runs as long as anything that it left behind, and leaves it unreaped till
/// then: tests that wait for whatever child ends first would never see theirs.
public enum Spawn {
    struct Failure: Error {
        var command: String
        var code: Int32
    }

    /// Starts it with default signal handling, whatever the test runner has done to its own. Output and errors are appended
    /// to files; errors go where this process's go when no file is named.
    public static func start(
        _ arguments: [String], environment: [String: String], input: String, output: String, errors: String? = nil
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let errors { posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variablePointers: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], &actions, &attributes, &argumentPointers, &variablePointers)
        guard code == 0 else { throw Failure(command: arguments[0], code: code) }
        return process
    }
}
