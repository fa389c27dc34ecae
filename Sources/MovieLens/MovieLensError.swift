/// Why a data set cannot be read. The description is one sentence that says what is wrong, where, and what to do.
public enum MovieLensError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `directory` holds no data set: `found` names the files of one layout that are there, `missing` those that are
    /// not; both are empty when nothing was recognised. `hint` says more about the directory, or is empty.
    case noDataset(directory: String, found: [String], missing: [String], hint: String)
    /// The operating system refused a file.
    case unreadable(file: String, reason: String)
    /// A line that does not say what it should; lines count from 1, `file` is the name without its folder.
    case badLine(file: String, lineNumber: Int, expected: String, found: String)

    public var description: String {
        switch self {
        case .noDataset(let directory, let found, let missing, let hint):
            let advice =
                hint.isEmpty ? "point --dataset at an unpacked ml-1m, ml-100k, ml-latest-small or ml-25m" : hint
            guard found.isEmpty else {
                return "'\(directory)' has \(Self.list(found)) but not \(Self.list(missing)): \(advice)"
            }
            let wanted = MovieLensLayout.allCases.map { $0.requiredFiles.joined(separator: " + ") }
            return
                "no MovieLens data set in '\(directory)' (looked for \(wanted.joined(separator: ", or "))): \(advice)"
        case .unreadable(let file, let reason):
            return "cannot read '\(file)': \(reason)"
        case .badLine(let file, let lineNumber, let expected, let found):
            return "\(file), line \(lineNumber): expected \(expected), found \(found)"
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: " and ") }
}
