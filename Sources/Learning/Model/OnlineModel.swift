/// The events of a batch that a model learns from, as columns, in the log's order.
///
/// Filled by the learner, which has resolved ids to rows, dropped what is late or repeated, and kept the books of
/// who rated what.
public final class LearningEvents {
    public enum Kind: UInt8, Sendable {
        /// The user had not rated the movie.
        case new = 0
        /// His rating of it changes; `previousStars` holds the old one.
        case changed = 1
        /// His rating of it is taken back; `previousStars` holds it, `stars` is 0.
        case removed = 2
    }

    public let capacity: Int
    /// Behind a pointer, as those of `RatingBatch` are: it is written once an event.
    private let counter: UnsafeMutablePointer<Int>
    public var count: Int {
        get { counter.pointee }
        set { counter.pointee = newValue }
    }
    public let users: UnsafeMutablePointer<UInt32>
    public let movies: UnsafeMutablePointer<UInt32>
    /// 0.5…5.
    public let stars: UnsafeMutablePointer<Float>
    public let previousStars: UnsafeMutablePointer<Float>
    /// `Kind` raw values.
    public let kinds: UnsafeMutablePointer<UInt8>
    /// Milliseconds since 1970.
    public let eventTimes: UnsafeMutablePointer<Int64>
    /// How many entries the user's list of rated movies had before the event: his history as the model may see it. Which
    /// movies they are is certain; their values may be of later events of the batch.
    public let historyCounts: UnsafeMutablePointer<UInt32>
    /// How many movies there were when the event came, its own among them.
    public let movieCounts: UnsafeMutablePointer<UInt32>
    /// Out: the stars that the model would have predicted before it learnt the event.
    public let predictions: UnsafeMutablePointer<Float>

    public init(capacity: Int) {
        self.capacity = capacity
        counter = .allocate(capacity: 1)
        counter.initialize(to: 0)
        users = .allocate(capacity: capacity)
        movies = .allocate(capacity: capacity)
        stars = .allocate(capacity: capacity)
        previousStars = .allocate(capacity: capacity)
        kinds = .allocate(capacity: capacity)
        eventTimes = .allocate(capacity: capacity)
        historyCounts = .allocate(capacity: capacity)
        movieCounts = .allocate(capacity: capacity)
        predictions = .allocate(capacity: capacity)
    }

    deinit {
        counter.deallocate()
        users.deallocate()
        movies.deallocate()
        stars.deallocate()
        previousStars.deallocate()
        kinds.deallocate()
        eventTimes.deallocate()
        historyCounts.deallocate()
        movieCounts.deallocate()
        predictions.deallocate()
    }
}

/// A model that learns from every event as it passes.
///
/// A deterministic state machine: the same calls in the same order give the same bits, on every kernel variant. It
/// knows rows, not ids; calls come once a batch, never once an event. To add one: conform to this in a file of its
/// own and add a case to `ModelKind`.
public protocol OnlineModel: AnyObject {
    /// Name and version, as published with every list.
    var version: String { get }
    /// Numbers the bits that are learnt: raised by whoever changes what is computed.
    var numericsVersion: Int { get }
    /// Every setting that the learnt bits depend on, in a fixed text form; it guards journal and checkpoints.
    var settings: String { get }
    /// What the numerics version before called the same settings.
    var settingsOfVersionBefore: String { get }
    /// Length of query and item vectors.
    var dimension: Int { get }

    /// Makes room for a new user or movie; rows come in order, except that a freed one comes again.
    func addUser(_ row: UInt32, id: Int64)
    func addMovie(_ row: UInt32, id: Int64, description: MovieDescription)
    /// The description of a movie changed.
    func describeMovie(_ row: UInt32, description: MovieDescription)
    /// The profile of a user changed.
    func describeUser(_ row: UInt32, profile: UserRow)
    /// Erases a user's row.
    func removeUser(_ row: UInt32)
    /// Makes a movie's row that of a newcomer of whom nothing is known; one day it comes again.
    func removeMovie(_ row: UInt32)
    /// Whether rows of evicted movies stand in what is kept of a user, or of a movie; `drop` takes them out.
    func names(evicted movies: MovieTable, ofUser row: UInt32) -> Bool
    func names(evicted movies: MovieTable, ofMovie row: UInt32) -> Bool
    func drop(evicted movies: MovieTable, ofUser row: UInt32)
    func drop(evicted movies: MovieTable, ofMovie row: UInt32)
    /// Gives up everything learnt: as it was when it was made.
    func removeAll()

    /// Learns the events in order and writes the predictions made before each.
    func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies)

    /// Movie rows whose item vector changed since `clearDirty`, in no promised order, each once.
    var dirtyMovies: UnsafeBufferPointer<UInt32> { get }
    func clearDirty()

    /// The retrieval query of a user: score of a movie = query · item + offset.
    func query(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>)
    /// A movie's item vector; returns its offset.
    func item(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float
    /// The stars that the model predicts, unclipped, for a pair whose retrieval score is known.
    func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float
    /// What orders a list, where that is not the retrieval score.
    var blend: Blend? { get }

    // What is learnt, as digests and checkpoints see it: rows in tables, and a few numbers beside them.

    /// Every table of learnt rows, always in the same order and with the same names.
    var tables: [StateTable] { get }
    /// Writes what is learnt and stands in no table, as it is at this moment; may run later, on any thread.
    func scalars() -> @Sendable (inout StateWriter) throws -> Void
    /// Reads back what `scalars` wrote; the tables have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when the tables do not fit these numbers of rows, or each other.
    func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws

    /// Bytes a user's and a movie's learnt rows take.
    var bytesPerUser: Int { get }
    var bytesPerMovie: Int { get }
}

extension OnlineModel {
    public var blend: Blend? { nil }
    public var settingsOfVersionBefore: String { settings }

    // Most models keep vectors alone.
    public func names(evicted movies: MovieTable, ofUser row: UInt32) -> Bool { false }
    public func names(evicted movies: MovieTable, ofMovie row: UInt32) -> Bool { false }
    public func drop(evicted movies: MovieTable, ofUser row: UInt32) {}
    public func drop(evicted movies: MovieTable, ofMovie row: UInt32) {}
}
