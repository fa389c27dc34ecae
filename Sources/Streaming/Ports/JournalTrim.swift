/// Gives up the old records of a journal, where the broker can. Called from a thread of its own.
public protocol JournalTrim: Sendable {
    /// Deletes records that are older, by the wall clock, and lie before an offset.
    func trim(olderThanMilliseconds time: Int64, before offset: Int64) throws
}
