import Glibc

/// Why a file could not be read, in the operating system's words.
public struct TextFileError: Error, Equatable, CustomStringConvertible {
    public var reason: String

    public var description: String { reason }
}

/// The whole of a file as UTF-8 text: the `readFile` of `Command.parse` outside of tests. Throws a `TextFileError`.
public func readTextFile(_ path: String) throws(TextFileError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw currentError() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw currentError() }
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(contentsOf: chunk.prefix(count))
    }
}

private func currentError() -> TextFileError {
    let code = errno
    return TextFileError(reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
}
