import Synchronization

/// What the loop has done since it started, to be read from any thread; stored once a batch, never per event.
public final class StreamCounters: Sendable {
    public let records = Atomic<Int>(0)
    public let ratings = Atomic<Int>(0)
    public let lists = Atomic<Int>(0)
    public let deadLetters = Atomic<Int>(0)
    public let commits = Atomic<Int>(0)
    /// The newest commit that stands in the journal.
    public let journaledEpoch = Atomic<Int64>(0)
    public let checkpointEpoch = Atomic<Int64>(0)
    public let checkpointBytes = Atomic<Int>(0)
    public let checkpointFailures = Atomic<Int>(0)
    /// Journal records of other writers that were passed over.
    public let foreignJournalRecords = Atomic<Int>(0)
    public let isLive = Atomic<Bool>(false)
    public let index = IndexCounters()

    public init() {}
}
