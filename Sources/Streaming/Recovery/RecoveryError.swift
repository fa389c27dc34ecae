import Events

/// Why a service refuses to go on from what it finds. Every case says what is wrong and what can be done.
public enum RecoveryError: Error, Equatable, CustomStringConvertible {
    /// The state directory has checkpoints, the journal has nothing.
    case journalLost(directory: String)
    /// The consumer group has processed more than the journal knows of.
    case offsetsAhead(group: String, place: String, committed: Int64, position: Int64)
    /// The journal does not begin with the start of a lineage and no checkpoint covers what is missing.
    case journalTrimmed(firstEpoch: Int64)
    case otherSettings(found: String, expected: String)
    case otherApplication(directory: String, found: String)
    /// A batch of the journal can't be read again as it was.
    case inexact(InputPartition, expected: Int, found: Int)
    case inputLost(String)
    case partitionGone(place: String)
    /// Records expired before they were read.
    case expiredUnread(place: String, position: Int64, beginning: Int64)
    case unknownUserInJournal(Int64)
    case unknownMovieInJournal(Int64)
    /// The journal can't be read to the end that it has.
    case journalUnreadable(read: Int64, end: Int64)
    /// Exactly once nobody else can have written.
    case foreignRecords(Int)

    public var description: String {
        switch self {
        case .journalLost(let directory):
            "the journal is empty but \(directory) holds checkpoints of it, so the journal was lost or this is another"
                + " broker: bring the journal topic back or name another --state-dir, or begin anew with"
                + " 'marquee state reset'"
        case .offsetsAhead(let group, let place, let committed, let position):
            "the consumer group '\(group)' has processed \(place) up to offset \(committed), its journal only up to"
                + " \(position), so the journal was lost: bring the journal topic back, or begin anew with 'marquee"
                + " state reset'"
        case .journalTrimmed(let epoch):
            "the journal begins at epoch \(epoch) and no checkpoint reaches it:"
                + " bring back a checkpoint or begin anew under another --application-id"
        case .otherSettings(let found, let expected):
            "what is there was learnt with the settings '\(found)', this service has '\(expected)':"
                + " start it with the old settings, or begin anew under another --application-id"
        case .otherApplication(let directory, let found):
            "the state directory \(directory) belongs to the application '\(found)': name another with --state-dir"
        case .inexact(let partition, let expected, let found):
            "the journal counted \(expected) records in a range of \(partition.topic.name)-\(partition.partition),"
                + " \(found) are left: they expired or were compacted, so the state can't be replayed exactly;"
                + " begin anew under another --application-id"
        case .inputLost(let what): what
        case .partitionGone(let place):
            "\(place) was processed and is no more: the topic was made anew with fewer partitions; make it with as many"
                + " as it had, or begin anew with 'marquee state reset'"
        case .expiredUnread(let place, let position, let beginning):
            "\(place) begins at offset \(beginning), but the next one to read is \(position): records expired unread;"
                + " bring them back, or go on without them with --on-lost-offsets earliest"
        case .unknownUserInJournal(let id): "the journal names user \(id), whom its inputs do not: it belongs to others"
        case .unknownMovieInJournal(let id):
            "the journal names movie \(id), which its inputs do not: it belongs to others"
        case .journalUnreadable(let read, let end):
            "the journal was read to offset \(read) only, its end is at \(end): another producer has a transaction open"
                + " on the journal topic; end that producer, or wait for its time-out, and start again"
        case .foreignRecords(let count):
            "\(count) records of the journal do not continue it, so another instance wrote without transactions:"
                + " serve with --delivery at-least-once, or begin anew under another --application-id"
        }
    }

    /// What a read of the inputs that failed means for a replay.
    static func from(_ error: SourceError, topicPrefix: String) -> RecoveryError {
        switch error {
        case .endedEarly(let partition, let cut, let end):
            .inputLost(
                "\(topicPrefix)\(partition.topic.name)-\(partition.partition) ends at offset \(end), but offset \(cut)"
                    + " was processed: the topic was truncated or made anew; begin anew with 'marquee state reset'")
        case .trimmed(let partition, let position, let beginning):
            .inputLost(
                "\(topicPrefix)\(partition.topic.name)-\(partition.partition) begins at offset \(beginning), but the"
                    + " replay needs offset \(position): records expired;"
                    + " begin anew under another --application-id")
        }
    }
}
