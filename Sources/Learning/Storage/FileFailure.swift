import Foundation

/// A system call on a file that failed, and why.
public struct FileFailure: Error, CustomStringConvertible, Equatable {
    public var path: String
    public var doing: String
    public var code: Int32

    public init(path: String, doing: String, code: Int32 = errno) {
        self.path = path
        self.doing = doing
        self.code = code
    }

    public var reason: String { String(cString: strerror(code)) }
    public var description: String { "can't \(doing) \(path): \(reason)" }
}
