import Events

/// Why a service refuses to go on from what it finds. Every case says what is wrong and what can be done.
public enum RecoveryError: Error, Equatable, CustomStringConvertible {
    /// A directory or topic has checkpoints, the journal has nothing.
    case journalLost(place: String)
    /// The consumer group has processed more than the journal knows of.
    case offsetsAhead(group: String, place: String, committed: Int64, position: Int64)
    /// The journal does not begin with the start of a lineage and no checkpoint covers what is missing.
    case journalTrimmed(firstEpoch: Int64)
    case otherSettings(found: String, expected: String)
    case otherNumerics(found: Int, expected: Int)
    case otherApplication(place: String, found: String)
    /// The replayed state of an epoch is not the one that was learnt.
    case otherState(epoch: Int64, expected: String, found: String)
    case inputLost(String)
    case partitionGone(place: String)
    /// Records expired before they were read.
    case expiredUnread(place: String, position: Int64, beginning: Int64)
    /// What this instance followed was taken out of the journal.
    case journalCleared(epoch: Int64)
    /// There is no lineage that could be learnt anew.
    case nothingToRebuild
    /// While another instance was followed, it began a lineage that no replay gives.
    case lineagePassed(epoch: Int64)
    case unknownUserInJournal(Int64)
    case unknownMovieInJournal(Int64)
    /// The journal can't be read to the end that it has.
    case journalUnreadable(read: Int64, end: Int64)
    /// Exactly once nobody else can have written.
    case foreignRecords(Int)

    public var description: String {
        switch self {
        case .journalLost(let place):
            "the journal is empty but \(place) holds checkpoints of it, so the journal was lost or this is another"
                + " broker: bring the journal topic back or name another --state-dir, or begin anew with"
                + " 'marquee state reset'"
        case .offsetsAhead(let group, let place, let committed, let position):
            "the consumer group '\(group)' has processed \(place) up to offset \(committed), its journal only up to"
                + " \(position), so the journal was lost: bring the journal topic back, or begin anew with 'marquee"
                + " state reset'"
        case .journalTrimmed(let epoch):
            "the journal begins at epoch \(epoch) and no checkpoint reaches it:"
                + " bring back a checkpoint, or begin anew with 'marquee state reset'"
        case .otherSettings(let found, let expected):
            "what is there was learnt \(SettingsDifference(found, expected)):"
                + " start it with the old settings, learn the log anew with 'marquee state rebuild', or serve under"
                + " another --application-id"
        case .otherNumerics(let found, let expected) where found > expected:
            "what is there was learnt with version \(found) of the numerics, this is \(expected): serve it with the"
                + " version of marquee that wrote it, or learn the log anew with 'marquee state rebuild'"
        case .otherNumerics(let found, let expected):
            "what is there was learnt with version \(found) of the numerics, this is \(expected) and takes over from"
                + " \(expected - 1) alone: serve it once with a version of marquee in between, or learn the log anew with"
                + " 'marquee state rebuild'"
        case .otherApplication(let place, let found):
            "\(place) belongs to the application '\(found)': name another state directory with --state-dir"
        case .otherState(let epoch, let expected, let found):
            "the state of epoch \(epoch) has the digest \(found), but the journal says \(expected): it was replayed"
                + " otherwise than it was learnt, so nothing is published; remove its checkpoint, and report this if it"
                + " comes again"
        case .inputLost(let what): what
        case .partitionGone(let place):
            "\(place) was processed and is no more: the topic was made anew with fewer partitions; make it with as many"
                + " as it had, or begin anew with 'marquee state reset'"
        case .expiredUnread(let place, let position, let beginning):
            "\(place) begins at offset \(beginning), but the next one to read is \(position): records expired unread;"
                + " bring them back, or go on without them with --on-lost-offsets earliest"
        case .journalCleared(let epoch):
            "the journal was cleared up to epoch \(epoch) and after, to begin anew: start this instance again, so that it"
                + " begins anew too"
        case .nothingToRebuild: "the journal is empty, so there is nothing to learn anew: start 'marquee serve'"
        case .lineagePassed(let epoch):
            "the leader began a lineage at epoch \(epoch) that a replay does not give: start this instance again, so that"
                + " it loads the checkpoint"
        case .unknownUserInJournal(let id): "the journal names user \(id), whom its inputs do not: it belongs to others"
        case .unknownMovieInJournal(let id):
            "the journal names movie \(id), which its inputs do not: it belongs to others"
        case .journalUnreadable(let read, let end):
            "the journal was read to offset \(read) only, its end is at \(end): a transaction is open on the journal topic;"
                + " end the producer that holds it, or wait for its time-out, and start again; one that stays open was"
                + " forgotten by the broker, and 'kafka-transactions.sh find-hanging' shows it"
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
                    + " replay needs offset \(position), and records still expire: start it again")
        }
    }
}
