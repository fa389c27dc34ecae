import Events

/// Reads the files that name the movies.
enum MovieFileReader {
    /// `id::title::genre|genre`, `movies.dat`.
    static func readDoubleColon(_ bytes: UnsafeRawBufferPointer, file: String) throws(MovieLensError) -> [Movie] {
        let encoding = TextEncoding(of: bytes)
        var movies: [Movie] = []
        for line in TextLines(bytes) {
            let fields = try LineFields(line, file: file, separator: "::", count: 3, shape: "id, title, genres")
            let title = encoding.decode(fields.fields[1])
            guard !title.isEmpty else { throw fields.bad(1, expected: "a title") }
            movies.append(
                movie(
                    try fields.identifier(0, of: "movie"), title: title, genres: encoding.decode(fields.fields[2])))
        }
        return movies
    }

    /// `movieId,title,genres` with a header, `movies.csv`.
    static func readCommaSeparated(_ bytes: UnsafeRawBufferPointer, file: String) throws(MovieLensError) -> [Movie] {
        var records = CommaSeparatedRecords(bytes, file: file)
        let header = ["movieId", "title", "genres"]
        let first = try records.next()
        guard first?.fields == header else {
            throw .badLine(
                file: file, lineNumber: first?.lineNumber ?? 1,
                expected: "the header '\(header.joined(separator: ","))'",
                found: first.map { TextLines.quote($0.fields.joined(separator: ",")) } ?? "an empty file")
        }
        var movies: [Movie] = []
        while let record = try records.next() {
            func bad(_ expected: String, _ found: String) -> MovieLensError {
                .badLine(file: file, lineNumber: record.lineNumber, expected: expected, found: found)
            }
            guard record.fields.count == 3 else {
                throw bad(
                    "3 fields separated by ',' (id, title, genres; a title with a comma between double quotes)",
                    "\(record.fields.count) in \(TextLines.quote(record.fields.joined(separator: ",")))")
            }
            guard let id = Int32(record.fields[0]), id > 0 else {
                throw bad("a movie id from 1 to 2147483647", TextLines.quote(record.fields[0]))
            }
            guard !record.fields[1].isEmpty else { throw bad("a title", "''") }
            movies.append(movie(Int64(id), title: record.fields[1], genres: record.fields[2]))
        }
        return movies
    }

    /// `name|number`, `u.genre`: the names in the order of their numbers, from 0 without gaps.
    static func readGenreNames(_ bytes: UnsafeRawBufferPointer, file: String) throws(MovieLensError) -> [String] {
        let encoding = TextEncoding(of: bytes)
        var names: [String] = []
        for line in TextLines(bytes) {
            let fields = try LineFields(line, file: file, separator: "|", count: 2, shape: "genre, number")
            _ = try fields.integer(1, in: names.count...names.count, expected: "the genre number \(names.count)")
            names.append(encoding.decode(fields.fields[0]))
        }
        return names
    }

    /// `id|title|release date|video release date|address|flag|…`, one flag a genre, `u.item`.
    static func readItems(
        _ bytes: UnsafeRawBufferPointer, file: String, genres: [String]
    ) throws(MovieLensError) -> [Movie] {
        let encoding = TextEncoding(of: bytes)
        var movies: [Movie] = []
        for line in TextLines(bytes) {
            let fields = try LineFields(
                line, file: file, separator: "|", count: 5 + genres.count,
                shape: "id, title, two dates, address, a flag for each line of u.genre")
            let id = try fields.identifier(0, of: "movie")
            let title = encoding.decode(fields.fields[1])
            guard !title.isEmpty else { throw fields.bad(1, expected: "a title") }
            var names: [String] = []
            for (number, name) in genres.enumerated()
            where try fields.integer(5 + number, in: 0...1, expected: "0 or 1 for the genre '\(name)'") == 1 {
                names.append(name)
            }
            movies.append(movie(id, title: title, genres: names.joined(separator: "|")))
        }
        return movies
    }

    /// What GroupLens writes where a movie has no genre: in ml-latest, and in ml-100k.
    private static let namesOfNone: Set<String> = ["(no genres listed)", "unknown"]

    private static func movie(_ id: Int64, title: String, genres: String) -> Movie {
        Movie(
            movieID: id, title: title, year: TitleYear.split(title).year,
            genres: genres.split(separator: "|").map(String.init).filter { !namesOfNone.contains($0) })
    }
}
