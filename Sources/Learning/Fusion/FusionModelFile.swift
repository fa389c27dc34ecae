import CCrypto
import CXXHash
import Events
import Foundation
import MovieLens

/// A fusion model as a safetensors file.
///
/// Tensors: those of `FusionTensor`; `users.id` I64 `[users]`, `users.profile` U8 `[users, 3]` (gender, age, occupation in
/// the model's codes, 255 unknown); `ratings.offset` I64 `[users + 1]` and `ratings.movie` I32, what each user had rated as
/// positions in the catalogue. Metadata, all strings: `format` and `format_version`, the dimensions, and as JSON the
/// vocabularies `genres` and `title_words` and the catalogue `movies` (`[[id, title, [genres]], …]`), with the XXH3 of these
/// three texts as `vocabulary_xxh3`, because a row belongs to its word only by its number.
public enum FusionModelFile {
    static let format = "marquee-fusion"
    static let formatVersion = "1"
    static let unknown: UInt8 = 255
    /// Largest id: the embeddings of ids have a row for each number up to it.
    public static let idMax: Int64 = (1 << 24) - 1

    private static var dimensionKeys: [(key: String, path: WritableKeyPath<FusionDimensions, Int>)] {
        [
            ("embedding", \.embedding), ("side_embedding", \.sideEmbedding), ("title_filters", \.titleFilters),
            ("convolution_width", \.convolutionWidth), ("tower", \.tower),
        ]
    }

    private struct Entry: Codable {
        var id: Int64
        var title: String
        var genres: [String]

        init(_ movie: Movie) { (id, title, genres) = (movie.movieID, movie.title, movie.genres) }

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            id = try container.decode(Int64.self)
            title = try container.decode(String.self)
            genres = try container.decode([String].self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(id)
            try container.encode(title)
            try container.encode(genres)
        }
    }

    /// No training comes near it, and products of numbers up to it stay finite in the towers.
    static let parameterMax: Float = 1e6

    // MARK: Writing

    /// Writes the model; the file is there whole or not at all.
    public static func write(_ model: FusionModel, to path: String) throws(SafetensorsError) {
        var file = SafetensorsFile(path: path)
        file.metadata["format"] = format
        file.metadata["format_version"] = formatVersion
        for (key, value) in dimensionKeys { file.metadata[key] = String(model.dimensions[keyPath: value]) }
        file.metadata["genres"] = try json(model.genres.genres, path)
        file.metadata["title_words"] = try json(model.words.words, path)
        file.metadata["movies"] = try json(model.movies.map(Entry.init), path)
        file.metadata["vocabulary_xxh3"] = vocabularyHash(file)
        for tensor in FusionTensor.allCases {
            file.set(tensor.rawValue, model.parameters[tensor], shape: model.sizes.shape(of: tensor))
        }
        let users = model.users
        file.set("users.id", users.map(\.id), shape: [users.count])
        file.set(
            "users.profile",
            users.flatMap { user in
                [user.profile.gender, user.profile.age, user.profile.occupation].map { $0.map { UInt8($0) } ?? unknown }
            }, shape: [users.count, 3])
        var offsets: [Int64] = [0]
        for user in users { offsets.append(offsets[offsets.count - 1] + Int64(user.rated.count)) }
        file.set("ratings.offset", offsets, shape: [offsets.count])
        let rated = users.flatMap(\.rated)
        file.set("ratings.movie", rated, shape: [rated.count])
        try file.write()
    }

    private static func vocabularyHash(_ file: SafetensorsFile) -> String {
        let text = ["genres", "title_words", "movies"].map { file.metadata[$0] ?? "" }.joined(separator: "\n")
        var utf8 = Array(text.utf8)
        return String(XXH3_64bits(&utf8, utf8.count), radix: 16)
    }

    private static func json(_ value: some Encodable, _ path: String) throws(SafetensorsError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            throw .unwritable(path: path, reason: "its vocabularies are no text")
        }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: Reading

    /// Reads a model and checks that everything in it fits together.
    public static func read(_ path: String) throws(SafetensorsError) -> FusionModel {
        try read(try SafetensorsFile(reading: path))
    }

    /// The SHA-256 of a file's bytes in hexadecimal: tells whether a model is still the one that was fine-tuned.
    public static func digest(_ path: String) throws(SafetensorsError) -> String {
        let bytes = try SafetensorsFile.bytes(of: path)
        var hash = [UInt8](repeating: 0, count: StateDigest.byteCount)
        _ = bytes.withUnsafeBufferPointer { SHA256($0.baseAddress, $0.count, &hash) }
        return StateDigest(bytes: hash).description
    }

    static func read(_ file: SafetensorsFile) throws(SafetensorsError) -> FusionModel {
        guard file.metadata["format"] == format else {
            throw .unsuitable(path: file.path, reason: "it holds no model that 'marquee train' wrote")
        }
        guard let version = file.metadata["format_version"], version == formatVersion else {
            throw .unsuitable(
                path: file.path,
                reason: "it has version \(file.metadata["format_version"] ?? "none") of the format, this program reads "
                    + formatVersion)
        }
        guard file.metadata["vocabulary_xxh3"] == vocabularyHash(file) else {
            throw .unsuitable(
                path: file.path, reason: "its vocabularies or catalogue are not those it was trained with")
        }
        let dimensions = try dimensions(file)
        let genres = GenreVocabulary(genres: try names("genres", file))
        let words = TitleVocabulary(words: try names("title_words", file))
        let movies = try movies(file)
        let users = try users(file, movieCount: movies.count)
        let sizes = FusionSizes(
            dimensions: dimensions, userRows: Int(users.last?.id ?? 0) + 1,
            movieRows: Int(movies.last?.movieID ?? 0) + 1, genres: genres.count, words: words.count)
        var parameters = FusionParameters(zeros: sizes)
        for tensor in FusionTensor.allCases {
            let values = try file.floats(tensor.rawValue, shape: sizes.shape(of: tensor))
            if let value = values.first(where: { abs($0) > parameterMax }) {
                throw .damaged(
                    path: file.path,
                    reason: "tensor '\(tensor.rawValue)' holds \(value), but at most \(parameterMax) is learnt")
            }
            parameters[tensor] = values
        }
        return FusionModel(parameters: parameters, genres: genres, words: words, movies: movies, users: users)
    }

    private static func dimensions(_ file: SafetensorsFile) throws(SafetensorsError) -> FusionDimensions {
        var dimensions = FusionDimensions()
        for (key, value) in dimensionKeys {
            guard let number = file.metadata[key].flatMap({ Int($0) }) else {
                throw .unsuitable(path: file.path, reason: "its dimension '\(key)' is missing or no number")
            }
            dimensions[keyPath: value] = number
        }
        if let problem = dimensions.problem { throw .unsuitable(path: file.path, reason: problem) }
        return dimensions
    }

    /// A vocabulary; its order is part of the model.
    private static func names(_ key: String, _ file: SafetensorsFile) throws(SafetensorsError) -> [String] {
        let names = try decode([String].self, key, file)
        for (name, next) in zip(names, names.dropFirst()) where !name.utf8.lexicographicallyPrecedes(next.utf8) {
            throw .damaged(path: file.path, reason: "its vocabulary '\(key)' is not in order at '\(next)'")
        }
        return names
    }

    private static func movies(_ file: SafetensorsFile) throws(SafetensorsError) -> [Movie] {
        let movies = try decode([Entry].self, "movies", file).map {
            Movie(movieID: $0.id, title: $0.title, year: TitleYear.split($0.title).year, genres: $0.genres)
        }
        try check(ids: movies.map(\.movieID), of: "movie", file)
        return movies
    }

    private static func users(_ file: SafetensorsFile, movieCount: Int) throws(SafetensorsError) -> [FusionUser] {
        let count = try file.count("users.id")
        let ids = try file.int64s("users.id", shape: [count])
        try check(ids: ids, of: "user", file)
        let profiles = try file.bytes("users.profile", shape: [count, 3])
        let offsets = try file.int64s("ratings.offset", shape: [count + 1])
        let ratingCount = try file.count("ratings.movie")
        let rated = try file.int32s("ratings.movie", shape: [ratingCount])
        guard offsets.first == 0, offsets.last == Int64(ratingCount), zip(offsets, offsets.dropFirst()).allSatisfy(<=)
        else {
            throw .damaged(path: file.path, reason: "'ratings.offset' does not divide \(ratingCount) ratings")
        }
        guard rated.allSatisfy({ (0..<Int32(movieCount)).contains($0) }) else {
            throw .damaged(path: file.path, reason: "'ratings.movie' names a movie that the catalogue does not have")
        }
        let limits = [FusionProfile.genders, FusionProfile.ages.count, FusionProfile.occupations]
        var users: [FusionUser] = []
        for at in 0..<count {
            let codes = profiles[(3 * at)..<(3 * at + 3)].map { $0 == unknown ? nil : Int($0) }
            for (code, limit) in zip(codes, limits) where (code ?? 0) >= limit {
                throw .damaged(path: file.path, reason: "the profile of user \(ids[at]) has a code \(code ?? 0)")
            }
            var profile = FusionProfile()
            (profile.gender, profile.age, profile.occupation) = (codes[0], codes[1], codes[2])
            users.append(
                FusionUser(id: ids[at], profile: profile, rated: Array(rated[Int(offsets[at])..<Int(offsets[at + 1])])))
        }
        return users
    }

    private static func check(ids: [Int64], of what: String, _ file: SafetensorsFile) throws(SafetensorsError) {
        guard ids.allSatisfy({ 1...idMax ~= $0 }), zip(ids, ids.dropFirst()).allSatisfy(<) else {
            throw .damaged(path: file.path, reason: "its \(what) ids are not ascending numbers from 1 to \(idMax)")
        }
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ key: String, _ file: SafetensorsFile
    ) throws(SafetensorsError) -> Value {
        guard let text = file.metadata[key], let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) else {
            throw .damaged(path: file.path, reason: "its '\(key)' is missing or not what it should be")
        }
        return value
    }
}
