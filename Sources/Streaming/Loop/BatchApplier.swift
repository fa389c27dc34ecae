import Events
import Learning

/// Turns the records of a batch into learnt state: decode, then learn, in the order movies, users, ratings.
///
/// The live loop and the replay of the journal are this same code. Afterwards it holds what became of every record,
/// until the next batch.
public final class BatchApplier {
    /// An event of `movies` and what became of it.
    public struct AppliedMovie {
        public var record: RawRecord
        public var outcome: MovieOutcome
        public var movieID: Int64
        public var eventTime: Int64
    }

    /// An event of `users` and what became of it.
    public struct AppliedUser {
        public var record: RawRecord
        public var outcome: UserOutcome
        public var userID: Int64
        public var eventTime: Int64
        /// Of a null that was read before: when a log is learnt anew, what it took away may have come back since.
        public var isRepeated = false
    }

    public let learner: Learner
    public let ratings: RatingBatch
    public let outcomes: RatingOutcomes
    public private(set) var movies: [AppliedMovie] = []
    public private(set) var users: [AppliedUser] = []

    private let ratingDecoder = RatingDecoder()
    private let movieDecoder = MovieDecoder()
    private let userDecoder = UserDecoder()

    public init(learner: Learner, batchRecordsMax: Int = StreamLimits.batchRecordsMax) {
        self.learner = learner
        ratings = RatingBatch(capacity: batchRecordsMax)
        outcomes = RatingOutcomes(capacity: batchRecordsMax)
    }

    /// Decodes all records and applies those of `movies` and `users`; the ratings stand in `ratings`, not yet applied.
    /// Records that can't be used are handed to `reject`.
    public func decode(_ batch: RecordBatch, reject: (RawRecord, Rejection) throws -> Void) rethrows {
        ratings.removeAll()
        movies.removeAll(keepingCapacity: true)
        users.removeAll(keepingCapacity: true)
        for segment in batch.segments {
            let records = UnsafeBufferPointer(start: batch.records + segment.start, count: segment.count)
            switch segment.partition.topic {
            case .ratings:
                for record in records {
                    if let rejection = ratingDecoder.decode(record, into: ratings) { try reject(record, rejection) }
                }
            case .movies:
                for record in records {
                    switch movieDecoder.decode(record) {
                    case .success(let event): apply(event, record)
                    case .failure(let rejection): try reject(record, rejection)
                    }
                }
            case .users:
                for record in records {
                    switch userDecoder.decode(record) {
                    case .success(let event): apply(event, record)
                    case .failure(let rejection): try reject(record, rejection)
                    }
                }
            }
        }
    }

    /// Learns rows `range` of the decoded ratings.
    public func learn(_ range: Range<Int>) { learner.apply(ratings, range, outcomes) }

    private func apply(_ event: MovieEvent, _ record: RawRecord) {
        let time = record.timestampMilliseconds
        switch event {
        case .announced(let movie):
            movies.append(
                AppliedMovie(
                    record: record, outcome: learner.announce(movie), movieID: movie.movieID,
                    eventTime: movie.eventTimeMilliseconds ?? time))
        case .withdrawn(let id):
            movies.append(
                AppliedMovie(record: record, outcome: learner.withdraw(movieID: id), movieID: id, eventTime: time))
        }
    }

    private func apply(_ event: UserEvent, _ record: RawRecord) {
        let time = record.timestampMilliseconds
        switch event {
        case .profile(let profile):
            users.append(
                AppliedUser(
                    record: record, outcome: learner.describe(profile), userID: profile.userID,
                    eventTime: profile.eventTimeMilliseconds ?? time))
        case .forgotten(let id):
            let isNews = learner.isNews(forgetting: id, recordTimestampMilliseconds: time)
            users.append(
                AppliedUser(
                    record: record, outcome: learner.forget(userID: id, recordTimestampMilliseconds: time),
                    userID: id, eventTime: time, isRepeated: !isNews))
        }
    }
}
