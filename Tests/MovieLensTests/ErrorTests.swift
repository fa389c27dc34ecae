import Testing

@testable import MovieLens

@Suite struct ErrorTests {
    struct BadLine: Sendable, CustomTestStringConvertible {
        var file: String
        var text: String
        var message: String

        init(_ file: String, _ text: String, _ message: String) {
            self.file = file
            self.text = text
            self.message = message
        }

        var testDescription: String { "\(file): \(message)" }
    }

    static let badLines = [
        BadLine(
            "ratings.dat", "1::1::5::9\n1::2::7::9\n",
            "ratings.dat, line 2: expected a rating of 0.5 to 5 in halves, found '7'"),
        BadLine(
            "ratings.dat", "1::1::5::9\n\n1::2::4.25::9\n",
            "ratings.dat, line 3: expected a rating of 0.5 to 5 in halves, found '4.25'"),
        BadLine(
            "ratings.dat", "1::1::0::9", "ratings.dat, line 1: expected a rating of 0.5 to 5 in halves, found '0'"),
        BadLine(
            "ratings.dat", "1::1::5.5::9", "ratings.dat, line 1: expected a rating of 0.5 to 5 in halves, found '5.5'"),
        BadLine(
            "ratings.dat", "1::1::::9", "ratings.dat, line 1: expected a rating of 0.5 to 5 in halves, found ''"),
        BadLine(
            "ratings.dat", "0::1::5::9\n", "ratings.dat, line 1: expected a user id from 1 to 2147483647, found '0'"),
        BadLine(
            "ratings.dat", "2147483648::1::5::9\n",
            "ratings.dat, line 1: expected a user id from 1 to 2147483647, found '2147483648'"),
        BadLine(
            "ratings.dat", "1::-4::5::9\n",
            "ratings.dat, line 1: expected a movie id from 1 to 2147483647, found '-4'"),
        BadLine(
            "ratings.dat", "1::4::5::yesterday\r\n",
            "ratings.dat, line 1: expected a timestamp in whole seconds since 1970, found 'yesterday'"),
        BadLine(
            "ratings.dat", "1::4::5::1234567890123456789\n",
            "ratings.dat, line 1: expected a timestamp in whole seconds since 1970, found '1234567890123456789'"),
        BadLine(
            "ratings.dat", "1::4::5\n", "ratings.dat, line 1: expected 4 fields separated by '::', found 3 in '1::4::5'"
        ),
        BadLine(
            "ratings.dat", "1\t4\t5\t9\n",
            "ratings.dat, line 1: expected 4 fields separated by '::', found 1 in '1 4 5 9'"),
        BadLine(
            "ratings.dat", "1::4::5::9::1\n",
            "ratings.dat, line 1: expected 4 fields separated by '::', found 5 in '1::4::5::9::1'"),
        BadLine(
            "movies.dat", "1::A\n",
            "movies.dat, line 1: expected 3 fields separated by '::' (id, title, genres), found 2 in '1::A'"),
        BadLine(
            "movies.dat", "x::A::Drama\n",
            "movies.dat, line 1: expected a movie id from 1 to 2147483647, found 'x'"),
        BadLine("movies.dat", "1::::Drama\n", "movies.dat, line 1: expected a title, found ''"),
        BadLine(
            "users.dat", "1::F::25\n",
            "users.dat, line 1: expected 5 fields separated by '::' (id, gender, age, occupation, zip), found 3 in "
                + "'1::F::25'"),
        BadLine(
            "users.dat", "y::F::25::1::1\n", "users.dat, line 1: expected a user id from 1 to 2147483647, found 'y'"),
        BadLine("users.dat", "1::X::25::1::1\n", "users.dat, line 1: expected the gender M or F, found 'X'"),
        BadLine("users.dat", "1::F::old::1::1\n", "users.dat, line 1: expected an age from 0 to 130, found 'old'"),
        BadLine("users.dat", "1::F::25::21::1\n", "users.dat, line 1: expected an occupation from 0 to 20, found '21'"),

        BadLine(
            "ratings.csv", "",
            "ratings.csv, line 1: expected the header 'userId,movieId,rating,timestamp', found an "
                + "empty file"),
        BadLine(
            "ratings.csv", "1,2,3.0,4\n",
            "ratings.csv, line 1: expected the header 'userId,movieId,rating,timestamp', found '1,2,3.0,4'"),
        BadLine(
            "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3.0,4\n1,2,9.0,4\n",
            "ratings.csv, line 3: expected a rating of 0.5 to 5 in halves, found '9.0'"),
        BadLine(
            "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3.0\n",
            "ratings.csv, line 2: expected 4 fields separated by ',', found 3 in '1,2,3.0'"),
        BadLine(
            "movies.csv", "", "movies.csv, line 1: expected the header 'movieId,title,genres', found an empty file"),
        BadLine(
            "movies.csv", "id,title\n",
            "movies.csv, line 1: expected the header 'movieId,title,genres', found 'id,title'"),
        BadLine(
            "movies.csv", "movieId,title,genres\n1,Lantern, The (1931),Drama\n",
            "movies.csv, line 2: expected 3 fields separated by ',' (id, title, genres; a title with a comma between "
                + "double quotes), found 4 in '1,Lantern, The (1931),Drama'"),
        BadLine(
            "movies.csv", "movieId,title,genres\n1,\"Lantern, The (1931),Drama\n",
            "movies.csv, line 2: expected a closing quote, found the end of the file"),
        BadLine(
            "movies.csv", "movieId,title,genres\n1,\"Lantern\" (1931),Drama\n",
            "movies.csv, line 2: expected a comma or the line's end after a closing quote, found ' (1931),Drama'"),
        BadLine("movies.csv", "movieId,title,genres\n1,,Drama\n", "movies.csv, line 2: expected a title, found ''"),

        BadLine(
            "u.data", "1\t2\tx\t4\n", "u.data, line 1: expected a rating of 0.5 to 5 in halves, found 'x'"),
        BadLine("u.data", "1 2 3 4\n", "u.data, line 1: expected 4 fields separated by tabs, found 1 in '1 2 3 4'"),
        BadLine(
            "u.item", "1|A|||x|0|1\n",
            "u.item, line 1: expected 8 fields separated by '|' (id, title, two dates, address, a flag for each line of "
                + "u.genre), found 7 in '1|A|||x|0|1'"),
        BadLine(
            "u.item", "1|A|||x|0|1|2\n", "u.item, line 1: expected 0 or 1 for the genre 'Comedy', found '2'"),
        BadLine("u.genre", "unknown|0\nAction|2\n", "u.genre, line 2: expected the genre number 1, found '2'"),
        BadLine(
            "u.user", "1|24|M|astronaut|1\n",
            "u.user, line 1: expected an occupation of u.occupation, found 'astronaut'"),
        BadLine("u.user", "1|M|24|artist|1\n", "u.user, line 1: expected the gender M or F, found '24'"),
    ]

    @Test(arguments: badLines)
    func aBadLineSaysWhatIsWrong(_ bad: BadLine) throws {
        let all = [Fixtures.doubleColon, Fixtures.commaSeparated, Fixtures.original100K]
        var files = try #require(all.first { $0[bad.file] != nil })
        files[bad.file] = bad.text
        let folder = try TemporaryFolder(files)
        let dataset = try MovieLensDataset(directory: folder.path)
        let error = #expect(throws: MovieLensError.self) {
            _ = try dataset.movies()
            _ = try dataset.users()
            _ = try dataset.ratings()
        }
        #expect(error?.description == bad.message)
    }

    @Test func aLongLineIsCutAndControlsAreTakenOut() {
        let quoted = TextLines.quote("\u{1B}[2J" + String(repeating: "x", count: 100))
        #expect(quoted == "' [2J" + String(repeating: "x", count: 56) + "…'")
    }

    @Test func aFolderWithoutADataSet() throws {
        let folder = try TemporaryFolder(["notes.txt": "x"])
        let error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path) }
        #expect(
            error?.description
                == "no MovieLens data set in '\(folder.path)' (looked for movies.dat + ratings.dat, or movies.csv + "
                + "ratings.csv, or u.data + u.item + u.genre): point --dataset at an unpacked ml-1m, ml-100k, "
                + "ml-latest-small or ml-25m")
    }

    @Test func aFolderThatLacksAFile() throws {
        let folder = try TemporaryFolder(["ratings.dat": ""])
        let error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path) }
        #expect(
            error
                == .noDataset(directory: folder.path, found: ["ratings.dat"], missing: ["movies.dat"], hint: ""))
        #expect(
            error?.description
                == "'\(folder.path)' has ratings.dat but not movies.dat: point --dataset at an unpacked ml-1m, "
                + "ml-100k, ml-latest-small or ml-25m")
    }

    @Test func theFolderAboveTheDataSet() throws {
        let folder = try TemporaryFolder(["ml-1m.zip": "PK"])
        var error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path) }
        #expect(
            error?.description.hasSuffix(": unpack 'ml-1m.zip' and point --dataset at the folder that comes out")
                == true)

        let inner = try folder.makeFolder("ml-1m")
        for (name, text) in Fixtures.doubleColon { try folder.write("ml-1m/\(name)", text) }
        error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path) }
        #expect(error?.description.hasSuffix(": point --dataset at '\(inner)', which has one") == true)
    }

    @Test func aFolderThatIsNotThere() throws {
        let folder = try TemporaryFolder(["file": "x"])
        var error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path + "/none") }
        #expect(error?.description.contains("there is no such folder") == true)
        error = #expect(throws: MovieLensError.self) { try MovieLensDataset(directory: folder.path + "/file") }
        #expect(error?.description.contains("it is no folder that can be listed") == true)
    }

    @Test func aFileThatGoesAway() throws {
        let folder = try TemporaryFolder(Fixtures.doubleColon)
        let dataset = try MovieLensDataset(directory: folder.path)
        try folder.remove("ratings.dat")
        let error = #expect(throws: MovieLensError.self) { try dataset.ratings() }
        #expect(error?.description == "cannot read '\(folder.path)/ratings.dat': No such file or directory")
        #expect(try dataset.movies().count == 3)
    }
}
