/// What is known of a user beside his ratings, as rows of a table of features: gender, age in five years, occupation.
enum UserFeatures {
    private static let genders = 4
    private static let ages = 52
    private static let occupations = 256

    /// Rows in all.
    static let count = genders + ages + occupations

    /// A row for those of whom nothing is known: no age, which is a byte, comes to the last ones.
    static let unknown = UInt32(genders + ages - 1)

    /// Calls `body` with the row of each feature that is known, or with `unknown`.
    @inline(__always)
    static func forEachOrUnknown(of profile: UserRow, _ body: (UInt32) -> Void) {
        if profile.gender | profile.age | profile.occupation == 0 {
            body(unknown)
        } else {
            forEach(of: profile, body)
        }
    }

    /// Calls `body` with the row of each feature that is known.
    @inline(__always)
    static func forEach(of profile: UserRow, _ body: (UInt32) -> Void) {
        if profile.gender > 0 { body(UInt32(min(Int(profile.gender), genders) - 1)) }
        if profile.age > 0 { body(UInt32(genders + (Int(profile.age) - 1) / 5)) }
        if profile.occupation > 0 { body(UInt32(genders + ages + Int(profile.occupation) - 1)) }
    }
}
