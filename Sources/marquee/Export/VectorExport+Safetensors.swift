import Foundation
import Learning

extension VectorExport {
    private static let padding: Int32 = -1

    /// Tensors: `movie.id` I64 `[movies]`, `movie.vector` F32 `[movies, dimension]`, `movie.genres` and `movie.title_words`
    /// I32 (numbers in the vocabularies, filled up with -1), `user.id` I64 `[users]`, `user.vector` F32 `[users, dimension]`.
    /// Where movies have offsets, `movie.offset` F32 `[movies]`; where stars have vectors of their own, `movie.star_vector`
    /// and `user.star_vector`.
    ///
    /// Metadata: `format`; as JSON `genres`, `title_words` and `titles`, one a movie; `mean_stars` and as JSON
    /// `stars_curve`, four numbers c: x = `mean_stars` + the inner product of star vectors - 3.5, within -3…2, gives the stars
    /// c₀ + c₁x + c₂x² + c₃x³; and where it comes from: `model`, and of a state `application_id`, `epoch` and as JSON
    /// `input_offsets`.
    func writeSafetensors(to path: String) throws {
        var file = SafetensorsFile(path: path)
        file.metadata = source.merging([
            "format": "marquee-vectors", "format_version": "1",
            "metric": movieOffsets == nil ? "inner product" : "inner product + offset",
            "genres": try JSONOutput.text(genres.genres), "title_words": try JSONOutput.text(words.words),
            "titles": try JSONOutput.text(movies.map(\.title)),
        ]) { $1 }
        let features = movies.map { self.features(of: $0) }
        file.set("movie.id", movies.map(\.movieID), shape: [movies.count])
        file.set("movie.vector", movieVectors, shape: [movies.count, dimension])
        if let movieOffsets { file.set("movie.offset", movieOffsets, shape: [movies.count]) }
        set("movie.genres", features.map(\.genres), in: &file)
        set("movie.title_words", features.map(\.words), in: &file)
        file.set("user.id", userIDs, shape: [userIDs.count])
        file.set("user.vector", userVectors, shape: [userIDs.count, dimension])
        if let stars {
            file.metadata["mean_stars"] = String(stars.mean)
            file.metadata["stars_curve"] = try JSONOutput.text(stars.curve)
            file.set("movie.star_vector", stars.movieVectors, shape: [movies.count, stars.dimension])
            file.set("user.star_vector", stars.userVectors, shape: [userIDs.count, stars.dimension])
        }
        try file.write()
    }

    private func set(_ name: String, _ lists: [[Int]], in file: inout SafetensorsFile) {
        let width = lists.map(\.count).max() ?? 0
        let rows = lists.flatMap { list in
            list.map { Int32($0) } + [Int32](repeating: Self.padding, count: width - list.count)
        }
        file.set(name, rows, shape: [lists.count, width])
    }
}
