/// How far a user has come: before his first rating, then below 5, 20, 100, 300 ratings, and beyond.
///
/// Users at the same stage are alike in what they choose, whoever they are: newcomers rate what is shown to newcomers, old
/// hands what is left. So the blend has its weights and a popularity for each.
public enum UserStage {
    public static let count = 6

    /// - Parameter ratingCount: How many ratings a user has.
    /// - Returns: 0..<`count`.
    @inline(__always)
    public static func of(ratingCount: Int) -> Int {
        if ratingCount < 20 { return ratingCount < 1 ? 0 : ratingCount < 5 ? 1 : 2 }
        return ratingCount < 100 ? 3 : ratingCount < 300 ? 4 : 5
    }
}
