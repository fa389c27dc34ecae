/// Why a safetensors file cannot be used: what is wrong with which file, and why.
public enum SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operating system refused.
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    /// The file is no whole, sound safetensors file.
    case damaged(path: String, reason: String)
    /// It is one, but not what was asked for.
    case unsuitable(path: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "can't read '\(path)': \(reason)"
        case .unwritable(let path, let reason): "can't write '\(path)': \(reason)"
        case .damaged(let path, let reason): "'\(path)' is damaged: \(reason)"
        case .unsuitable(let path, let reason): "'\(path)' can't be used: \(reason)"
        }
    }
}
