import Events
import Foundation
import Learning
import MovieLens
import ProcessTestSupport
import Recommending

@testable import Streaming

/// A state directory with the checkpoint of a learner that a made-up stream has taught, as a service leaves it.
final class StateFolder {
    let learner: Learner
    private let folder: TemporaryFolder
    var path: String { folder.path }

    static let epoch: Int64 = 7
    static let ratingsOffset: Int64 = 4321

    init(_ model: any OnlineModel, eviction: Eviction = Eviction(), users: Int = 80, movies: Int = 300) throws {
        folder = try TemporaryFolder()
        let stream = SyntheticStream(seed: 3, users: users, movies: movies, ratings: users * 40)
        learner = Learner(model: model, batchCapacity: 4096, eviction: eviction)
        // The last is rated and never announced.
        for movie in stream.movies().dropLast() { _ = learner.announce(movie) }
        for user in stream.users() { _ = learner.describe(user) }
        let ratings = stream.ratings()
        let batch = RatingBatch(capacity: 4096)
        let outcomes = RatingOutcomes(capacity: 4096)
        for row in 0..<ratings.count {
            let time = ratings.timestampsSeconds[row] * 1000
            add(Int64(ratings.userIDs[row]), Int64(ratings.movieIDs[row]), ratings.halfStars[row], time, to: batch)
            if batch.count < batch.capacity && row < ratings.count - 1 { continue }
            learner.apply(batch, 0..<batch.count, outcomes)
            batch.removeAll()
        }
        _ = learner.withdraw(movieID: 5)
        // Rated, and taken back; and somebody who has rated nothing.
        add(1, Int64(movies), 8, 1 << 41, to: batch)
        add(1, Int64(movies), 0, 1 << 42, to: batch, operation: .remove)
        learner.apply(batch, 0..<2, outcomes)
        _ = learner.describe(UserProfile(userID: 9_999_999))
        _ = learner.forget(userID: 2, recordTimestampMilliseconds: 1 << 43)
        try write()
    }

    private func add(
        _ user: Int64, _ movie: Int64, _ halfStars: UInt8, _ time: Int64, to batch: RatingBatch,
        operation: Rating.Operation = .set
    ) {
        let at = batch.count
        batch.userIDs[at] = user
        batch.movieIDs[at] = movie
        batch.halfStars[at] = halfStars
        batch.operations[at] = operation.rawValue
        batch.eventTimes[at] = time
        batch.recordTimestamps[at] = time
        batch.eventIDCounts[at] = 0
        batch.count = at + 1
    }

    private func write() throws {
        var position = Position()
        position.epoch = Self.epoch
        position.inputs = [InputPartition(.ratings, 0): Self.ratingsOffset]
        let content = CheckpointContent(
            applicationID: "made-up", numericsVersion: learner.model.numericsVersion, settings: learner.settings,
            position: position, learner: learner.snapshot(), lists: PublishedLists(capacity: 20).snapshot())
        let job = CheckpointJob(content, base: nil, store: CheckpointStore(directory: path), haste: .all)
        job.commitStands(journalOffset: 3)
        guard job.wait(seconds: 20), case .ended(let report) = job.outcome, report.isKept else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// The name of the one checkpoint.
    var file: String { path + "/checkpoint-\(Self.epoch).mqc" }
}
