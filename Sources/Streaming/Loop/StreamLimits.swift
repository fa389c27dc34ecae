import Recommending

/// Every limit of the loop, in one place.
public enum StreamLimits {
    /// Records of one micro-batch.
    public static let batchRecordsMax = 8192
    /// Lists of one commit.
    public static let commitListsMax = 16_384
    /// A commit with room for fewer lists than this is sealed.
    public static let listRoomMin = 256
    /// Journal record of one commit, in bytes: well below what brokers take in one record.
    public static let journalRecordBytesMax = 512 * 1024
    /// Encoded lists and dead letters that go to the sink together.
    public static let chunkBytes = 256 * 1024
    /// Time in a commit to find the users of a new movie, and as much for their lists. Whoever rates meanwhile waits as long.
    public static let fanOutNanoseconds: UInt64 = 25_000_000
    /// Between two checkpoints at least so many times what the one before took: a large state is written less often.
    public static let checkpointSpacing: UInt64 = 2
    /// Longest list, by the index's limit.
    public static let listLengthMax = 100
    /// Journal records that are ready go at the latest when there are this many, or this long after the last ones.
    public static let journalRecordsTogether = 8
    public static let journalIntervalNanoseconds: UInt64 = 10_000_000
    /// How often group offsets are stored.
    public static let offsetsIntervalNanoseconds: UInt64 = 500_000_000
    /// The longest the loop rests while a transaction is under way.
    public static let restMilliseconds: Int32 = 4
    /// The longest an idle loop sleeps.
    public static let idleWaitMilliseconds: Int32 = 1000
    /// A dead letter's value is cut beyond this.
    public static let deadLetterValueBytesMax = 64 * 1024

    /// Work after which a commit is sealed: only a backlog makes so much. The more it takes, the more ratings share a list.
    public static let commitWorkNanoseconds: UInt64 = 200_000_000
    /// The longest that a stop waits for what is under way.
    public static let stopNanoseconds: UInt64 = 4_000_000_000
    /// The longest that it waits for checkpoints after that.
    public static let stopCheckpointNanoseconds: UInt64 = 5_000_000_000
    /// Who is not elected after this long says that it follows.
    public static let electionNanoseconds: UInt64 = 1_000_000_000
    /// How long a follower waits for the next journal record before it looks at the election again.
    public static let followWaitMilliseconds: Int32 = 20
}
