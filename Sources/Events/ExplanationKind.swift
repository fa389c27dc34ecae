/// What speaks most for an item of a list.
public enum ExplanationKind: String, Sendable, CaseIterable {
    /// Movies that the user rated; they are named.
    case rated = "RATED"
    /// Many like it of late.
    case popular = "POPULAR"
    /// It fits the user's age, gender or occupation.
    case profile = "PROFILE"
}
