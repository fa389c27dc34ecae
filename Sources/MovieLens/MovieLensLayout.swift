/// The ways in which GroupLens has laid out its files over the years.
public enum MovieLensLayout: String, CaseIterable, Sendable {
    /// `movies.dat`, `ratings.dat` and (but for ml-10m) `users.dat`, fields separated by `::`.
    case doubleColon
    /// ml-latest, ml-latest-small, ml-20m, ml-25m, ml-32m: `movies.csv` and `ratings.csv`, with a header; no users.
    case commaSeparated
    /// ml-100k as it was published: `u.data`, `u.item`, `u.user`, `u.genre`.
    case original100K

    public var requiredFiles: [String] {
        switch self {
        case .doubleColon: ["movies.dat", "ratings.dat"]
        case .commaSeparated: ["movies.csv", "ratings.csv"]
        case .original100K: ["u.data", "u.item", "u.genre"]
        }
    }

    var ratingsFile: String {
        switch self {
        case .doubleColon: "ratings.dat"
        case .commaSeparated: "ratings.csv"
        case .original100K: "u.data"
        }
    }

    var moviesFile: String {
        switch self {
        case .doubleColon: "movies.dat"
        case .commaSeparated: "movies.csv"
        case .original100K: "u.item"
        }
    }

    /// Nil when the layout has no users at all; where it is named it may still be absent.
    var usersFile: String? {
        switch self {
        case .doubleColon: "users.dat"
        case .commaSeparated: nil
        case .original100K: "u.user"
        }
    }
}
