public import Events

/// A user's profile in the codes of the fusion model; nil is unknown and adds nothing to his tower but a layer's bias.
public struct FusionProfile: Sendable, Equatable {
    public static let genders = 2
    /// MovieLens' buckets: each begins with these years.
    public static let ages = [1, 18, 25, 35, 45, 50, 56]
    public static let occupations = 21

    /// M 0, F 1.
    public var gender: Int?
    /// 0…6.
    public var age: Int?
    /// 0…20, as in ml-1m.
    public var occupation: Int?

    public init() {}

    public init(_ profile: UserProfile) {
        self.init(gender: profile.gender, years: profile.age, occupation: profile.occupation)
    }

    /// - Parameter years: Floored to its bucket; below the first one it is in the first.
    public init(gender: Gender?, years: Int?, occupation: Int?) {
        self.gender = gender.map { Int($0.rawValue) }
        age = years.map { years in max(0, Self.ages.count { $0 <= years } - 1) }
        self.occupation = occupation.flatMap { (0..<Self.occupations).contains($0) ? $0 : nil }
    }

    /// As the learner's tables keep it.
    public init(_ row: UserRow) {
        self.init(
            gender: row.gender > 0 ? Gender(rawValue: row.gender - 1) : nil,
            years: row.age > 0 ? Int(row.age) - 1 : nil,
            occupation: row.occupation > 0 ? Int(row.occupation) - 1 : nil)
    }
}
