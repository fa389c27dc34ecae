import Foundation

/// Which users have been silent for so long that their rows go, and which movies that nobody announced: so memory follows
/// those who still rate, and what they rate.
///
/// With every rating event one user row and one movie row are looked at, in turn, so a row goes at the latest one round of
/// all rows after its time; which one and when follows from the events alone. Part of the state.
public struct Eviction: Sendable {
    /// Events without one of his after which a user may go, and a movie that was never announced; nil = never.
    public let afterEvents: Int64?
    /// The row that is looked at next.
    var cursor: UInt32 = 0

    /// Less would be a churn of everybody.
    public static let eventsMin: Int64 = 100_000

    /// `UserRow.lastEvent` counts in these.
    static let unitShift: Int64 = 10

    public init(afterEvents: Int64? = nil) {
        precondition(afterEvents.map { $0 >= Self.eventsMin } ?? true)
        self.afterEvents = afterEvents
    }

    static func unit(of event: Int64) -> UInt32 { UInt32(truncatingIfNeeded: event >> unitShift) }

    private static let settingsMark = "; evict-after="
    /// Who goes: what was learnt by an older rule is refused.
    private static let settingsRule = " users,movies"

    /// For the settings that guard journal and checkpoints; empty when nobody is evicted.
    var settings: String { afterEvents.map { "\(Self.settingsMark)\($0)\(Self.settingsRule)" } ?? "" }

    /// What `Learner.settings` say of eviction, and what they say of the model.
    public static func split(settings: String) -> (model: String, eviction: Eviction) {
        guard let mark = settings.range(of: settingsMark, options: .backwards),
            settings.hasSuffix(settingsRule),
            let events = Int64(settings[mark.upperBound...].dropLast(settingsRule.count)), events >= eventsMin
        else { return (settings, Eviction()) }
        return (String(settings[..<mark.lowerBound]), Eviction(afterEvents: events))
    }
}

/// A user whose row went because he was silent; his sequence and last list stay.
public struct EvictedUser: Sendable {
    public var row: UInt32
    public var id: Int64
}

extension Learner {
    /// Looks at the next user row and the next movie row; `event` is the number of the rating event in hand.
    @inline(never)
    func evictNext(at event: Int64, after limit: Int64, _ silent: SilentMovies, _ outcomes: RatingOutcomes) {
        if users.rowCount > 0 { lookAtNextUser(event, limit, silent, outcomes) }
        if movies.count > 0 { lookAtNextMovie(event, limit, silent, outcomes) }
        if let row = silent.nextFree(at: event) {
            // What is put down may still draw it.
            learnResolved(outcomes)
            model.removeMovie(row)
            movies.free(row)
            silent.freeFirst()
        }
    }

    private func isSilent(since lastEvent: UInt32, _ event: Int64, _ limit: Int64) -> Bool {
        event - Int64(lastEvent) << Eviction.unitShift > limit
    }

    private func lookAtNextUser(
        _ event: Int64, _ limit: Int64, _ silent: SilentMovies, _ outcomes: RatingOutcomes
    ) {
        if eviction.cursor >= UInt32(users.rowCount) {
            eviction.cursor = 0
            silent.userRound += 1
        }
        let row = eviction.cursor
        eviction.cursor = row + 1
        let user = users.pointer(row).pointee
        if user.id == 0 { return }
        if isSilent(since: user.lastEvent, event, limit) {
            erase(row)
            counters.usersEvicted += 1
            evicted.append(EvictedUser(row: row, id: user.id))
            return
        }
        if silent.gone.isEmpty { return }
        swept.append(row)
        if model.names(evicted: movies, ofUser: row) {
            learnResolved(outcomes)
            model.drop(evicted: movies, ofUser: row)
        }
        let entries = rated.entries(user.rated)
        if (0..<entries.count).contains(where: { movies.pointer(entries.movies[$0]).pointee.isEvicted }) {
            // What is put down counts on the entries as they stand, and those now move.
            learnResolved(outcomes)
            rated.remove(from: &users.mutablePointer(row).pointee.rated) { movie, isStanding in
                guard movies.pointer(movie).pointee.isEvicted else { return false }
                if isStanding { movies.mutablePointer(movie).pointee.ratingCount -= 1 }
                return true
            }
        }
    }

    private func lookAtNextMovie(
        _ event: Int64, _ limit: Int64, _ silent: SilentMovies, _ outcomes: RatingOutcomes
    ) {
        if silent.cursor >= UInt32(movies.count) {
            silent.cursor = 0
            silent.movieRound += 1
        }
        let row = silent.cursor
        silent.cursor = row + 1
        if !silent.gone.isEmpty && model.names(evicted: movies, ofMovie: row) {
            learnResolved(outcomes)
            model.drop(evicted: movies, ofMovie: row)
        }
        let movie = movies.pointer(row).pointee
        // One that was withdrawn is remembered, so that a rating does not bring it into the lists.
        if movie.isAnnounced != 0 || movie.isWithdrawn != 0 { return }
        if !isSilent(since: silent.lastEvent(row), event, limit) { return }
        learnResolved(outcomes)
        movies.evict(row)
        model.removeMovie(row)
        silent.went(row, event: event)
    }

    /// Frees a user's row: his ratings, vectors and profile go.
    func erase(_ row: UInt32) {
        let pointer = users.mutablePointer(row)
        let entries = rated.entries(pointer.pointee.rated)
        for at in 0..<entries.count where entries.values[at] & RatedMovies.removedFlag == 0 {
            movies.mutablePointer(entries.movies[at]).pointee.ratingCount -= 1
        }
        rated.removeAll(&pointer.pointee.rated)
        model.removeUser(row)
        users.remove(row)
    }
}
