/// Why a record cannot be used. The raw values are the closed list of `dlq.error.code`.
public enum RejectionCode: String, Sendable, CaseIterable {
    case malformed
    case unknownVersion = "unknown_version"
    case tooLarge = "too_large"
    case missingField = "missing_field"
    case outOfRange = "out_of_range"
    case keyMismatch = "key_mismatch"
    case tombstoneNotAllowed = "tombstone_not_allowed"
}

/// A record that goes to the dead letters, and why.
public struct Rejection: Error, Sendable, Equatable {
    public var code: RejectionCode
    /// The field at fault, empty when it is the record as a whole.
    public var field: String
    /// One sentence for a person: what was expected and what was found.
    public var message: String

    public init(_ code: RejectionCode, field: String = "", _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }
}
