@testable import Learning

extension RankingHead {
    /// One user, and movies of which nothing is known.
    static func untrained(movieCount: UInt32, _ settings: Settings = Settings()) -> RankingHead {
        let features = FeatureTable(dimension: 16, fixedOfUsers: 0, fixedOfMovies: 1)
        let head = RankingHead(settings, features: features)
        head.addUser(0)
        for movie in 0..<movieCount {
            features.describe(movie, MovieDescription())
            head.addMovie(movie, id: Int64(movie), isAnnounced: false)
        }
        return head
    }
}
