/// Wrong usage: the process says `message` and ends with code 64.
public struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One sentence: what is wrong, where it was given (a flag, a variable, a file's line), and what to do.
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
