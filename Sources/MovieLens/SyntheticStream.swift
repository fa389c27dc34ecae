public import Events

/// A made-up data set in the shape of ml-1m, for those who have none at hand.
///
/// The same arguments give the same bytes on every machine: a SplitMix64 generator, no clock, no system randomness.
/// Movies have a power-law popularity, a quality and a place in a space of tastes that their genres explain in part;
/// users have a taste that gender and age explain in part, a mood, and a long-tailed activity. A user picks what is
/// popular and to his taste, and rates by quality and taste, so what a model learns shows: errors fall and hits rise.
public struct SyntheticStream: RatingDataset {
    private let catalogue: [Movie]
    private let profiles: [UserProfile]
    private let stream: RatingTable

    /// ml-1m's own size is 6,040 users, 3,883 movies and 1,000,209 ratings; ml-100k's 943, 1,682 and 100,000.
    ///
    /// Ids run from 1. No user rates a movie twice, so there must be room: at most half of all pairs can be ratings.
    /// With `halfStars` ratings come in halves from 0.5, else in whole stars.
    public init(seed: UInt64, users: Int = 943, movies: Int = 1682, ratings: Int = 100_000, halfStars: Bool = false) {
        precondition(users > 0 && movies > 1 && users < Int32.max && movies < Int32.max && ratings >= 0)
        precondition(ratings <= users * movies / 2, "at most half of all pairs can be ratings")
        // One generator a part, so that more users do not change the movies.
        let tastes = TasteSpace(seed: seed ^ 0x7461_7374_6573)
        let movieSide = SyntheticMovies(seed: seed ^ 0x6D6F_7669_6573, count: movies, tastes: tastes)
        let userSide = SyntheticUsers(seed: seed ^ 0x7573_6572_73, count: users, tastes: tastes)
        let pen = SyntheticRatings(
            seed: seed ^ 0x7261_7469_6E67_73, movies: movieSide, users: userSide, halfStars: halfStars)
        catalogue = movieSide.movies
        profiles = userSide.users
        stream = pen.ratings(count: ratings).sortedByTime()
    }

    public var name: String { "synthetic" }
    public func movies() -> [Movie] { catalogue }
    public func users() -> [UserProfile] { profiles }
    /// In stream order already.
    public func ratings() -> RatingTable { stream }
}
