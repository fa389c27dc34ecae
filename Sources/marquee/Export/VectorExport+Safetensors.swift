import Foundation
import Learning

extension VectorExport {
    private static let padding: Int32 = -1

    /// Tensors: `movie.id` I64 `[movies]`, `movie.vector` F32 `[movies, dimension]`, `movie.genres` and `movie.title_words`
    /// I32 (numbers in the vocabularies, filled up with -1), `user.id` I64 `[users]`, `user.vector` F32 `[users, dimension]`.
    /// Metadata: `format`, and as JSON `genres`, `title_words` and `titles`, one a movie.
    func writeSafetensors(to path: String) throws {
        var file = SafetensorsFile(path: path)
        file.metadata = [
            "format": "marquee-vectors", "format_version": "1", "metric": "inner product",
            "genres": try Self.json(model.genres.genres), "title_words": try Self.json(model.words.words),
            "titles": try Self.json(movies.map(\.title)),
        ]
        let features = movies.map { model.features(of: $0) }
        file.set("movie.id", movies.map(\.movieID), shape: [movies.count])
        file.set("movie.vector", movieVectors, shape: [movies.count, dimension])
        set("movie.genres", features.map(\.genres), in: &file)
        set("movie.title_words", features.map(\.words), in: &file)
        file.set("user.id", model.users.map(\.id), shape: [model.users.count])
        file.set("user.vector", userVectors, shape: [model.users.count, dimension])
        try file.write()
    }

    private func set(_ name: String, _ lists: [[Int]], in file: inout SafetensorsFile) {
        let width = lists.map(\.count).max() ?? 0
        let rows = lists.flatMap { list in
            list.map { Int32($0) } + [Int32](repeating: Self.padding, count: width - list.count)
        }
        file.set(name, rows, shape: [lists.count, width])
    }

    private static func json(_ names: [String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return String(decoding: try encoder.encode(names), as: UTF8.self)
    }
}
