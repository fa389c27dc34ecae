/// Every field of the input messages, of all topics: one list, so that one scan serves them all.
enum EventField: Int, CaseIterable {
    case userID, movieID, rating, eventTime, operation, eventID, schemaVersion
    case title, year, genres
    case gender, age, occupation, zip

    private static let nameBytesMax = 14

    /// The key in JSON.
    var name: StaticString {
        switch self {
        case .userID: "user_id"
        case .movieID: "movie_id"
        case .rating: "rating"
        case .eventTime: "event_time"
        case .operation: "op"
        case .eventID: "event_id"
        case .schemaVersion: "schema_version"
        case .title: "title"
        case .year: "year"
        case .genres: "genres"
        case .gender: "gender"
        case .age: "age"
        case .occupation: "occupation"
        case .zip: "zip"
        }
    }

    /// Whether it holds a number, or may: where NaN is a value out of range rather than a syntax error.
    var isNumeric: Bool {
        switch self {
        case .userID, .movieID, .rating, .eventTime, .schemaVersion, .year, .age, .occupation: true
        case .operation, .eventID, .title, .genres, .gender, .zip: false
        }
    }

    /// The field that a key names, or nil for a key that Marquee does not know.
    static func named(_ key: JSONStringToken) -> EventField? {
        if key.hasEscape {
            let plain = JSONText.unescaped(key)
            return plain.withUnsafeBytes { matching($0) }
        }
        return matching(key.bytes)
    }

    private static func matching(_ key: UnsafeRawBufferPointer) -> EventField? {
        guard 2...nameBytesMax ~= key.count else { return nil }
        // By raw value, since `allCases` would be an array made anew for every key.
        var value = 0
        while let field = EventField(rawValue: value) {
            if isSame(key, field.name) { return field }
            value += 1
        }
        return nil
    }

    private static func isSame(_ key: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        guard name.utf8CodeUnitCount == key.count else { return false }
        for index in 0..<key.count where key[index] != name.utf8Start[index] { return false }
        return true
    }
}
