public import Events

/// Movies, users and ratings from one place: a folder of GroupLens' files, or a made-up set.
public protocol RatingDataset: Sendable {
    /// A short name for tables and logs.
    var name: String { get }

    /// Every movie of the catalogue, in the order of the file.
    func movies() throws(MovieLensError) -> [Movie]

    /// Every user's profile, in the order of the file; empty when the set has none.
    func users() throws(MovieLensError) -> [UserProfile]

    /// Every rating, in the order of the file; `sortedByTime()` makes the stream of it.
    func ratings() throws(MovieLensError) -> RatingTable
}
