/// What became of a rating event.
public enum RatingOutcome: UInt8, Sendable, CaseIterable {
    /// The first rating of the movie by the user: learnt.
    case applied = 0
    /// A newer rating with another value: replaces the old one, learnt.
    case changed
    /// The same value at a newer time: the time moves, nothing is learnt, the user is answered.
    case confirmed
    /// A rating taken back.
    case removed
    /// The very same rating again: nothing happens. Also a removal of what is removed, though its time moves.
    case repeated
    /// Older than what is known of this user and movie: ignored.
    case late
    /// A removal of something never rated: kept, so that an older rating that arrives late is not taken.
    case removedUnknown
    /// Produced before its user was forgotten: dropped.
    case forgotten

    /// Whether the user gets a list as the answer.
    @inline(__always)
    public var isAnswered: Bool { rawValue <= RatingOutcome.removed.rawValue }
}

/// The outcomes of a batch of ratings, as columns beside those of `RatingBatch`.
public final class RatingOutcomes {
    public let capacity: Int
    /// `RatingOutcome` raw values.
    public let outcomes: UnsafeMutablePointer<UInt8>
    /// User rows; undefined where the outcome is `forgotten`.
    public let users: UnsafeMutablePointer<UInt32>
    public let movies: UnsafeMutablePointer<UInt32>
    /// The stars predicted before learning; NaN where nothing was learnt.
    public let predictions: UnsafeMutablePointer<Float>

    public init(capacity: Int) {
        self.capacity = capacity
        outcomes = .allocate(capacity: capacity)
        users = .allocate(capacity: capacity)
        movies = .allocate(capacity: capacity)
        predictions = .allocate(capacity: capacity)
    }

    deinit {
        outcomes.deallocate()
        users.deallocate()
        movies.deallocate()
        predictions.deallocate()
    }
}

/// Counts of what the learner was given; part of the state, so that a restart goes on counting.
public struct LearnerCounters: Sendable, Equatable {
    /// Ratings by outcome, in the order of `RatingOutcome`.
    public internal(set) var ratings = [Int64](repeating: 0, count: RatingOutcome.allCases.count)
    public internal(set) var moviesAnnounced: Int64 = 0
    public internal(set) var moviesWithdrawn: Int64 = 0
    public internal(set) var profiles: Int64 = 0
    public internal(set) var usersForgotten: Int64 = 0
    public internal(set) var usersEvicted: Int64 = 0

    /// Every count, in the order in which digests and checkpoints have them.
    var all: [Int64] {
        get { ratings + [moviesAnnounced, moviesWithdrawn, profiles, usersForgotten, usersEvicted] }
        set {
            ratings = Array(newValue[..<ratings.count])
            moviesAnnounced = newValue[ratings.count]
            moviesWithdrawn = newValue[ratings.count + 1]
            profiles = newValue[ratings.count + 2]
            usersForgotten = newValue[ratings.count + 3]
            usersEvicted = newValue[ratings.count + 4]
        }
    }

    public subscript(outcome: RatingOutcome) -> Int64 { ratings[Int(outcome.rawValue)] }

    /// Rating events that came, whatever became of them.
    var ratingEvents: Int64 { ratings.reduce(0, &+) }

    /// Events that set, changed, confirmed or removed a rating.
    public var ratingsApplied: Int64 { self[.applied] + self[.changed] + self[.confirmed] + self[.removed] }
}
