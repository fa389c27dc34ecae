public import Events
import Foundation

/// A MovieLens data set as GroupLens ships it, unpacked in a folder.
///
/// The layout is told by the files that are there. Each call reads its file afresh and keeps nothing. Text is UTF-8
/// where the whole file is valid UTF-8 and ISO-8859-1 otherwise, which is right for every published set.
public struct MovieLensDataset: RatingDataset {
    public let directory: String
    public let layout: MovieLensLayout
    public let name: String

    /// Finds out the layout; opens no file. Throws `noDataset` when none is complete.
    public init(directory: String) throws(MovieLensError) {
        self.directory = directory
        self.layout = try Self.detectLayout(directory)
        self.name = URL(fileURLWithPath: directory).lastPathComponent
    }

    public func ratings() throws(MovieLensError) -> RatingTable {
        let file = try MappedFile(path: path(layout.ratingsFile))
        let format: RatingFileReader.Format =
            switch layout {
            case .doubleColon: .doubleColon
            case .commaSeparated: .commaSeparated
            case .original100K: .tabSeparated
            }
        return try RatingFileReader(file: layout.ratingsFile, format: format).read(file.bytes)
    }

    public func movies() throws(MovieLensError) -> [Movie] {
        let file = try MappedFile(path: path(layout.moviesFile))
        switch layout {
        case .doubleColon:
            return try MovieFileReader.readDoubleColon(file.bytes, file: layout.moviesFile)
        case .commaSeparated:
            return try MovieFileReader.readCommaSeparated(file.bytes, file: layout.moviesFile)
        case .original100K:
            let genreFile = try MappedFile(path: path("u.genre"))
            let genres = try MovieFileReader.readGenreNames(genreFile.bytes, file: "u.genre")
            return try MovieFileReader.readItems(file.bytes, file: layout.moviesFile, genres: genres)
        }
    }

    public func users() throws(MovieLensError) -> [UserProfile] {
        guard let usersFile = layout.usersFile, Self.isFile(path(usersFile)) else { return [] }
        let file = try MappedFile(path: path(usersFile))
        return switch layout {
        case .original100K: try UserFileReader.readOriginal100K(file.bytes, file: usersFile)
        case .doubleColon, .commaSeparated: try UserFileReader.readDoubleColon(file.bytes, file: usersFile)
        }
    }

    private func path(_ file: String) -> String { Self.join(directory, file) }

    private static func join(_ directory: String, _ file: String) -> String {
        URL(fileURLWithPath: directory).appendingPathComponent(file).path
    }

    private static func isFile(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    private static func completeLayout(_ directory: String) -> MovieLensLayout? {
        MovieLensLayout.allCases.first { $0.requiredFiles.allSatisfy { isFile(join(directory, $0)) } }
    }

    private static func detectLayout(_ directory: String) throws(MovieLensError) -> MovieLensLayout {
        if let layout = completeLayout(directory) { return layout }

        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            let isThere = FileManager.default.fileExists(atPath: directory)
            throw .noDataset(
                directory: directory, found: [], missing: [],
                hint: isThere
                    ? "it is no folder that can be listed; point --dataset at the unpacked folder"
                    : "there is no such folder; point --dataset at an unpacked ml-1m")
        }
        let hint = hint(directory, entries: entries)
        for layout in MovieLensLayout.allCases {
            let found = layout.requiredFiles.filter(entries.contains)
            let missing = layout.requiredFiles.filter { !entries.contains($0) }
            if !found.isEmpty && !missing.isEmpty {
                throw .noDataset(directory: directory, found: found, missing: missing, hint: hint)
            }
        }
        throw .noDataset(directory: directory, found: [], missing: [], hint: hint)
    }

    /// The archives unpack into a folder of their own, so the parent is the most likely mistake.
    private static func hint(_ directory: String, entries: [String]) -> String {
        if let inner = entries.first(where: { completeLayout(join(directory, $0)) != nil }) {
            return "point --dataset at '\(join(directory, inner))', which has one"
        }
        if let archive = entries.first(where: { $0.hasPrefix("ml-") && $0.hasSuffix(".zip") }) {
            return "unpack '\(archive)' and point --dataset at the folder that comes out"
        }
        return ""
    }
}
