import Learning
import Recommending

/// Fan-outs: a movie that comes or goes touches lists of users who did nothing.
extension StreamProcessor {
    func startFanOut(_ kind: FanOut.Kind, _ row: UInt32, _ movie: BatchApplier.AppliedMovie) {
        // At the first start nobody has a list yet.
        if catalogueEnds != nil || position.isSilent { return }
        fanOuts.append(
            FanOut(
                kind: kind, movie: row, movieID: movie.movieID, partition: movie.record.partition,
                offset: movie.record.offset, eventTime: movie.eventTime))
    }

    /// Makes those due whose list a movie touches, as far as this commit has room and time: answers go before fan-outs.
    func advanceFanOuts() {
        if fanOuts.isEmpty { return }
        commit.due.reserve(learner.users.rowCount)
        lists.reserve(learner.users.rowCount)
        let listsMax = max(FanOutSearch.usersPerRun, pace.lists(in: StreamLimits.fanOutNanoseconds))
        let began = clock.monotonicNanoseconds()
        while !fanOuts.isEmpty {
            var more = true
            while more && commit.due.count < listsMax && listRoom >= FanOutSearch.usersPerRun {
                if clock.monotonicNanoseconds() &- began > StreamLimits.fanOutNanoseconds { return }
                let fanOut = fanOuts[0]
                more = fanOutSearch.advance(&fanOuts[0]) { user in
                    let cause = commit.causes.append(
                        topic: .movies, partition: fanOut.partition, offset: fanOut.offset,
                        eventTime: fanOut.eventTime, eventID: UnsafeRawBufferPointer(start: nil, count: 0),
                        previous: commit.due.newestCause(user))
                    commit.due.note(
                        user, fanOut.kind == .added ? .movieAdded : .movieWithdrawn, isAnswer: false, cause: cause)
                }
            }
            if more { return }
            fanOuts.removeFirst()
        }
    }
}
