import CommandLineOptions

/// A failure that the user can do something about: one sentence that says what, where and what to do.
struct UserFacingError: Error, CustomStringConvertible {
    var description: String

    init(_ sentence: String) { description = sentence }
}
