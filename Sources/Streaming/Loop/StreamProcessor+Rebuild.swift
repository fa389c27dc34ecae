import Learning
import Recommending

extension StreamProcessor {
    /// Begins a new lineage that learns the log anew, without lists up to where it was processed before, and leaves a
    /// checkpoint behind. What comes after is for the service.
    ///
    /// Users who were forgotten stay out of it: so nothing of them is left in what is learnt. When it is interrupted, the
    /// next service goes on with it.
    ///
    /// - Returns: false when `shouldStop` said so before it had the lead.
    /// - Throws: `RecoveryError`, `LeadershipLost`, what ports throw.
    public func rebuild(shouldStop: () -> Bool = { false }) throws -> Bool {
        precondition(learner.users.rowCount == 0 && learner.movies.count == 0, "a log is learnt anew from nothing")
        standing = try leadership.poll()
        store?.removeTemporaries()
        let books = try RebuildBooks(
            applicationID: settings.applicationID, topicPrefix: settings.topicPrefix, listLength: lists.capacity,
            source: source, journal: journal, store: store, notice: notice
        ) { standing = try leadership.poll() }
        while standing == .following {
            if shouldStop() { return false }
            try books.restoration.follow(waitMilliseconds: StreamLimits.followWaitMilliseconds)
            standing = try leadership.poll()
        }
        let committed = try takeLead(books.restoration)
        _ = try checkStart(books.restoration.position, committed)

        learner.takeForgotten(from: books.learner)
        books.lists.parkAll(users: books.learner.users, movies: books.learner.movies)
        lists.takeParked(from: books.lists)
        position = books.restoration.position
        position.beginAnew(silentEnds: try books.processed().ends)
        try source.assign([:])
        try beginLineage(.empty, reason: "rebuild")
        checkpointLineage()
        try goLive()
        while position.isSilent && !shouldStop() { try runOnce() }
        try stop()
        return true
    }
}
