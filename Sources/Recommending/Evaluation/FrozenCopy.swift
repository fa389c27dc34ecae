import Learning
import VectorIndex

/// The model as it was at one moment, beside the one that learns on: what learning is worth.
///
/// It shares the pages of the model's tables, so it costs memory only for what changes since, and an index of its own. It
/// knows who rated what since, as everybody who lists must. Owned by the learner thread.
public final class FrozenCopy {
    /// How many ratings had been applied.
    public let ratingsApplied: Int64
    public let recommender: Recommender
    private let usersForgotten: Int64
    private var userCount: Int
    private let movieCount: Int

    /// - Parameter makeModel: A model of the learner's kind and settings.
    /// - Throws: what making it throws; `IndexError`.
    public init(
        of learner: Learner, makeModel: () throws -> any OnlineModel, index: any VectorIndex, listLength: Int
    ) throws {
        ratingsApplied = learner.counters.ratingsApplied
        usersForgotten = learner.counters.usersForgotten
        userCount = learner.users.rowCount
        movieCount = learner.movies.count
        let model = try makeModel()
        try model.stand(as: learner.model.snapshot(), userCount: userCount, movieCount: movieCount)
        recommender = try Recommender(learner: learner, model: model, index: index, listLength: listLength)
        try recommender.refreshIndex()
    }

    /// Whether nobody was forgotten since: else it still holds him, and must go.
    public var mayBeKept: Bool { recommender.learner.counters.usersForgotten == usersForgotten }

    /// The list for a user of now, into the recommender's results.
    public func recommend(_ user: UInt32, length: Int) throws {
        addUsers(upTo: user)
        var user = user
        try withUnsafePointer(to: &user) {
            try recommender.recommend(UnsafeBufferPointer(start: $0, count: 1), length: length)
        }
    }

    /// Stars for a pair of now, unclipped; nil for a movie that came since.
    public func predictedStars(user: UInt32, movie: UInt32) -> Float? {
        if Int(movie) >= movieCount { return nil }
        addUsers(upTo: user)
        return recommender.predictedStars(user: user, movie: movie)
    }

    /// Users who came since begin as new ones.
    private func addUsers(upTo user: UInt32) {
        while userCount <= Int(user) {
            recommender.model.addUser(
                UInt32(userCount), id: recommender.learner.users.pointer(UInt32(userCount)).pointee.id)
            userCount += 1
        }
    }
}
