import Events
import Foundation

/// JSON as a stranger would write it.
enum StormText {
    static func movie(_ movie: Movie) -> String {
        object([("movie_id", "\(movie.movieID)"), ("title", quoted(movie.title)), ("genres", list(movie.genres))])
    }

    static func user(_ user: UserProfile) -> String {
        var fields = [("user_id", "\(user.userID)")]
        if let gender = user.gender { fields.append(("gender", gender == .female ? "\"F\"" : "\"M\"")) }
        if let age = user.age { fields.append(("age", "\(age)")) }
        if let occupation = user.occupation { fields.append(("occupation", "\(occupation)")) }
        if let zip = user.zip { fields.append(("zip", quoted(zip))) }
        return object(fields)
    }

    static func rating(_ user: Int64, _ movie: Int64, halfStars: Int, time: String?, isRemoval: Bool = false) -> String
    {
        var fields = [("user_id", "\(user)"), ("movie_id", "\(movie)")]
        if isRemoval { fields.append(("op", "\"REMOVE\"")) }
        if !isRemoval { fields.append(("rating", halfStars % 2 == 0 ? "\(halfStars / 2)" : "\(halfStars / 2).5")) }
        if let time { fields.append(("event_time", time)) }
        return object(fields)
    }

    /// RFC 3339 with milliseconds, quoted.
    static func time(milliseconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
        let text = date.ISO8601Format().dropLast()
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        return "\"\(text).\(fraction)Z\""
    }

    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    private static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }
}
