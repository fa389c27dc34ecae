import Events
import Foundation
import MovieLens

/// The events that a storm is made of: ml-100k where the environment names a folder with it, else a made-up set of its
/// shape.
struct Stream: Sendable {
    var movies: [Movie]
    var users: [UserProfile]
    /// In time order.
    var ratings: RatingTable

    static let shared: Stream = {
        if let folder = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"], !folder.isEmpty,
            let dataset = try? MovieLensDataset(directory: "\(folder)/ml-100k"), let movies = try? dataset.movies(),
            let users = try? dataset.users(), let ratings = try? dataset.ratings()
        {
            return Stream(movies: movies, users: users, ratings: ratings.sortedByTime())
        }
        let synthetic = SyntheticStream(seed: 1)
        return Stream(movies: synthetic.movies(), users: synthetic.users(), ratings: synthetic.ratings())
    }()
}
