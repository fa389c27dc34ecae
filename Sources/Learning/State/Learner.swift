import Events

/// The deterministic state machine: identities, ratings, profiles, catalogue and the model that learns from them.
///
/// The same events in the same order give the same bits: no clock, no hash order, no thread order enters it, and
/// nothing that was published comes back. Owned by the learner thread.
public final class Learner {
    public let users = UserTable()
    public let movies = MovieTable()
    public let rated = RatedMovies()
    public let model: any OnlineModel
    public internal(set) var counters = LearnerCounters()
    /// Keeps the books, but the model learns nothing and predicts nothing: to see what a model that stands still is worth.
    public var isFrozen = false

    /// Who goes because he is silent.
    var eviction: Eviction
    /// Nil where nobody goes.
    let silentMovies: SilentMovies?
    /// Users who were looked at since the last `clearEvicted`, if movies went before: their lists may name one of those.
    public internal(set) var swept: [UInt32] = []
    /// Who went since the last `clearEvicted`.
    public internal(set) var evicted: [EvictedUser] = []

    /// Everything that the learnt bits depend on: it guards journal and checkpoints.
    public var settings: String { model.settings + eviction.settings }
    /// What the numerics version before called the same settings.
    public var settingsOfVersionBefore: String { model.settingsOfVersionBefore + eviction.settings }

    /// Forgotten users and the record timestamp of the null that forgot them: ratings that are not later are dropped.
    /// Looked up only; written out in the order of ids.
    var forgotten: [Int64: Int64] = [:]

    private let events: LearningEvents
    /// Where each event of `events` stands in the batch.
    private let eventPositions: UnsafeMutablePointer<UInt32>
    /// How often each outcome came in the batch at hand.
    private let outcomeCounts: UnsafeMutablePointer<Int64>

    /// - Parameter batchCapacity: the most ratings that one call of `apply` may bring.
    public init(model: any OnlineModel, batchCapacity: Int, eviction: Eviction = Eviction()) {
        self.model = model
        self.eviction = eviction
        silentMovies = eviction.afterEvents == nil ? nil : SilentMovies()
        events = LearningEvents(capacity: batchCapacity)
        eventPositions = .allocate(capacity: batchCapacity)
        outcomeCounts = .allocate(capacity: RatingOutcome.allCases.count)
    }

    deinit {
        eventPositions.deallocate()
        outcomeCounts.deallocate()
    }

    /// Gives up everything learnt, to learn the same log anew. What remains is who was forgotten and when, so that the
    /// ratings of those stay out: the log may still hold them.
    public func beginAnew() {
        users.removeAll()
        movies.removeAll()
        rated.removeAll()
        model.removeAll()
        counters = LearnerCounters()
        eviction.cursor = 0
        silentMovies?.removeAll()
        clearEvicted()
    }

    public func clearEvicted() {
        evicted.removeAll(keepingCapacity: true)
        swept.removeAll(keepingCapacity: true)
    }

    /// How many users are remembered as forgotten.
    public var forgottenCount: Int { forgotten.count }

    /// Remembers, besides its own, whom another learner was told to forget.
    public func takeForgotten(from other: Learner) {
        forgotten.merge(other.forgotten) { max($0, $1) }
    }

    // MARK: Ratings

    /// Applies rows `range` of a batch in order and writes what became of each.
    public func apply(_ batch: RatingBatch, _ range: Range<Int>, _ outcomes: RatingOutcomes) {
        precondition(range.count <= events.capacity && range.upperBound <= outcomes.capacity)
        events.count = 0
        outcomeCounts.update(repeating: 0, count: counters.ratings.count)
        let forgotten = self.forgotten
        let firstEvent = counters.ratingEvents - Int64(range.lowerBound)
        let silentMax = eviction.afterEvents
        for index in range {
            let event = firstEvent &+ Int64(index)
            resolve(batch, index, event, outcomes, forgotten)
            if let silentMax, let silentMovies { evictNext(at: event, after: silentMax, silentMovies, outcomes) }
        }
        for outcome in counters.ratings.indices { counters.ratings[outcome] &+= outcomeCounts[outcome] }
        if events.count == 0 { return }
        learnResolved(outcomes)
    }

    /// Learns what was put down so far.
    func learnResolved(_ outcomes: RatingOutcomes) {
        if isFrozen {
            events.count = 0
            return
        }
        model.learn(events, users: users, rated: rated)
        for index in 0..<events.count {
            outcomes.predictions[Int(eventPositions[index])] = events.predictions[index]
        }
        events.count = 0
    }

    /// Keeps the books of one rating and puts it down for the model when there is something to learn.
    @inline(__always)
    private func resolve(
        _ batch: RatingBatch, _ index: Int, _ event: Int64, _ outcomes: RatingOutcomes, _ forgotten: [Int64: Int64]
    ) {
        let userID = batch.userIDs[index]
        outcomes.predictions[index] = .nan
        if !forgotten.isEmpty, let since = forgotten[userID], batch.recordTimestamps[index] <= since {
            settle(.forgotten, index, outcomes)
            return
        }
        let user = row(ofUser: userID)
        let movie = row(ofMovie: batch.movieIDs[index], event, outcomes)
        silentMovies?.rated(movie, event: event)
        outcomes.users[index] = user
        outcomes.movies[index] = movie

        let userRow = users.mutablePointer(user)
        userRow.pointee.lastEvent = Eviction.unit(of: event)
        let isRemoval = batch.operations[index] == Rating.Operation.remove.rawValue
        let time = batch.eventTimes[index]
        let halfStars = batch.halfStars[index]
        let at = rated.find(movie, userRow.pointee.rated)

        if at < 0 {
            if isRemoval {
                enter(movie, time, RatedMovies.removedFlag, userRow, outcomes)
                settle(.removedUnknown, index, outcomes)
            } else {
                enter(movie, time, halfStars, userRow, outcomes)
                movies.mutablePointer(movie).pointee.ratingCount += 1
                learn(.new, index, outcomes, halfStars, 0, userRow.pointee.rated.count - 1, time)
                settle(.applied, index, outcomes)
            }
            return
        }

        let entries = rated.entries(userRow.pointee.rated)
        let known = entries.values[at]
        let wasRemoved = known & RatedMovies.removedFlag != 0
        if time < entries.times[at] {
            settle(.late, index, outcomes)
        } else if isRemoval {
            if wasRemoved {
                rated.update(at, timeMilliseconds: time, value: known, in: &userRow.pointee.rated)
                settle(.repeated, index, outcomes)
                return
            }
            rated.update(
                at, timeMilliseconds: time, value: known | RatedMovies.removedFlag, in: &userRow.pointee.rated)
            movies.mutablePointer(movie).pointee.ratingCount -= 1
            learn(.removed, index, outcomes, 0, known, userRow.pointee.rated.count, time)
            settle(.removed, index, outcomes)
        } else if wasRemoved {
            rated.update(at, timeMilliseconds: time, value: halfStars, in: &userRow.pointee.rated)
            movies.mutablePointer(movie).pointee.ratingCount += 1
            learn(.new, index, outcomes, halfStars, 0, userRow.pointee.rated.count, time)
            settle(.applied, index, outcomes)
        } else if known == halfStars {
            if time == entries.times[at] {
                settle(.repeated, index, outcomes)
                return
            }
            rated.update(at, timeMilliseconds: time, value: known, in: &userRow.pointee.rated)
            settle(.confirmed, index, outcomes)
        } else {
            rated.update(at, timeMilliseconds: time, value: halfStars, in: &userRow.pointee.rated)
            learn(.changed, index, outcomes, halfStars, known, userRow.pointee.rated.count, time)
            settle(.changed, index, outcomes)
        }
    }

    /// Appends to the user's entries; what the limit drops is not rated any more.
    @inline(__always)
    private func enter(
        _ movie: UInt32, _ time: Int64, _ value: UInt8, _ user: UnsafeMutablePointer<UserRow>,
        _ outcomes: RatingOutcomes
    ) {
        // What is put down counts on the entries as they stand, and those now move.
        if user.pointee.rated.count == RatedMovies.entriesMax { learnResolved(outcomes) }
        let dropped = rated.append(movie, timeMilliseconds: time, value: value, to: &user.pointee.rated)
        if dropped != IdentityMap.none { movies.mutablePointer(dropped).pointee.ratingCount -= 1 }
    }

    @inline(__always)
    private func settle(_ outcome: RatingOutcome, _ index: Int, _ outcomes: RatingOutcomes) {
        outcomes.outcomes[index] = outcome.rawValue
        outcomeCounts[Int(outcome.rawValue)] &+= 1
    }

    @inline(__always)
    private func learn(
        _ kind: LearningEvents.Kind, _ index: Int, _ outcomes: RatingOutcomes, _ halfStars: UInt8, _ previous: UInt8,
        _ historyCount: UInt32, _ time: Int64
    ) {
        let at = events.count
        events.users[at] = outcomes.users[index]
        events.movies[at] = outcomes.movies[index]
        events.kinds[at] = kind.rawValue
        events.stars[at] = Float(halfStars) / 2
        events.previousStars[at] = Float(previous) / 2
        events.historyCounts[at] = historyCount
        events.movieCounts[at] = UInt32(movies.count)
        events.eventTimes[at] = time
        eventPositions[at] = UInt32(index)
        events.count = at + 1
    }

    /// The user's row; one who was never seen gets a row now.
    public func row(forUser id: Int64) -> UInt32 {
        let row = row(ofUser: id)
        users.mutablePointer(row).pointee.lastEvent = Eviction.unit(of: counters.ratingEvents)
        return row
    }

    /// The movie's row; one that was never seen gets a row now.
    public func row(forMovie id: Int64) -> UInt32 { row(ofMovie: id, counters.ratingEvents, nil) }

    /// Whether a rating of the movie by the user stands.
    public func hasRated(user: UInt32, movie: UInt32) -> Bool {
        let handle = users.pointer(user).pointee.rated
        let at = rated.find(movie, handle)
        return at >= 0 && rated.entries(handle).values[at] & RatedMovies.removedFlag == 0
    }

    // MARK: Identities

    /// The user's row; a new one for an id that was never seen.
    @inline(__always)
    private func row(ofUser id: Int64) -> UInt32 {
        let known = users.row(of: id)
        return known != IdentityMap.none ? known : addUser(id)
    }

    @inline(__always)
    private func row(ofMovie id: Int64, _ event: Int64, _ outcomes: RatingOutcomes?) -> UInt32 {
        let known = movies.row(of: id)
        return known != IdentityMap.none ? known : addMovie(id, event, outcomes)
    }

    @inline(never)
    private func addUser(_ id: Int64) -> UInt32 {
        let row = users.add(id)
        model.addUser(row, id: id)
        return row
    }

    @inline(never)
    private func addMovie(_ id: Int64, _ event: Int64, _ outcomes: RatingOutcomes?) -> UInt32 {
        let free = silentMovies?.takeFree()
        // What is put down draws from the rows as they were.
        if free != nil, let outcomes { learnResolved(outcomes) }
        let row = movies.add(id, at: free)
        silentMovies?.add(row, event: event)
        model.addMovie(row, id: id, description: MovieDescription())
        return row
    }
}
