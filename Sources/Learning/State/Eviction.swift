import Foundation

/// Which users have been silent for so long that their rows go: so memory follows those who still rate.
///
/// With every rating event one user row is looked at, in turn, so a row goes at the latest one round of all rows after its
/// time; which one and when follows from the events alone. Part of the state.
public struct Eviction: Sendable {
    /// Events without one of his after which a user may go; nil = never.
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

    /// For the settings that guard journal and checkpoints; empty when nobody is evicted.
    var settings: String { afterEvents.map { "\(Self.settingsMark)\($0)" } ?? "" }

    /// What `Learner.settings` say of eviction, and what they say of the model.
    public static func split(settings: String) -> (model: String, eviction: Eviction) {
        guard let mark = settings.range(of: settingsMark, options: .backwards),
            let events = Int64(settings[mark.upperBound...]), events >= eventsMin
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
    /// Looks at the next user row; `event` is the number of the rating event in hand.
    func evictNext(at event: Int64, after limit: Int64) {
        if users.rowCount == 0 { return }
        let row = eviction.cursor < UInt32(users.rowCount) ? eviction.cursor : 0
        eviction.cursor = row + 1
        let user = users.pointer(row).pointee
        if user.id == 0 || event - Int64(user.lastEvent) << Eviction.unitShift <= limit { return }
        erase(row)
        counters.usersEvicted += 1
        evicted.append(EvictedUser(row: row, id: user.id))
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
