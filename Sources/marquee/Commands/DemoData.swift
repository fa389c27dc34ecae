import Events
import Foundation
import MovieLens
import Synchronization

/// What a demo replays.
struct DemoData: Sendable {
    /// A stream in the shape of ml-1m, always the same.
    static let syntheticSeed: UInt64 = 1
    private static let syntheticRatings = 400_000

    var name: String
    var isSynthetic: Bool
    var movies: [Movie]
    var users: [UserProfile]
    var stream: RatingTable

    /// Reads a data set, or makes one up when there is none.
    init(directory: String?, limit: Int?) throws {
        let dataset: any RatingDataset
        if let directory {
            dataset = try MovieLensDataset(directory: directory)
        } else {
            dataset = SyntheticStream(
                seed: Self.syntheticSeed, users: 6040, movies: 3883, ratings: Self.syntheticRatings)
        }
        name = dataset.name
        isSynthetic = directory == nil
        stream = try dataset.ratings().sortedByTime()
        if let limit { stream = stream.prefix(limit) }
        guard !stream.isEmpty else { throw UserFacingError("'\(dataset.name)' holds no ratings") }
        movies = try dataset.movies()
        users = try dataset.users()
    }

    /// Reads on a thread of its own, so that the broker starts meanwhile.
    final class Loading: Sendable {
        private let result = Mutex<Result<DemoData, any Error>?>(nil)
        private let ended = DispatchSemaphore(value: 0)

        init(directory: String?, limit: Int?) {
            Thread.detachNewThread { [self] in
                let loaded = Result { try DemoData(directory: directory, limit: limit) }
                result.withLock { $0 = loaded }
                ended.signal()
            }
        }

        /// Waits for the data; to be called once.
        func wait() throws -> DemoData {
            ended.wait()
            guard let loaded = result.withLock({ $0 }) else { throw UserFacingError("the data set did not load") }
            return try loaded.get()
        }
    }
}
