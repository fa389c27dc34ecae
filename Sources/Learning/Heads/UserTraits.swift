/// By what of a user a movie has tastes of its own: his gender and the tens of his age.
enum UserTraits {
    private static let genders = 2
    private static let decades = 10

    static let count = genders + decades

    /// Writes the numbers of those that are known, and returns how many; there is room for two.
    @inline(__always)
    static func list(of profile: UserRow, into traits: UnsafeMutablePointer<UInt8>) -> Int {
        var count = 0
        if profile.gender > 0 {
            traits[count] = min(profile.gender, UInt8(genders)) - 1
            count += 1
        }
        if profile.age > 0 {
            traits[count] = UInt8(genders) + min((profile.age - 1) / 10, UInt8(decades) - 1)
            count += 1
        }
        return count
    }
}
