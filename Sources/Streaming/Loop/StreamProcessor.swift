import Events
import Learning
import Recommending

/// The main loop: reads what waits, learns it, publishes the lists of those who are due, and journals each commit.
///
/// One thread runs it; everything it holds belongs to that thread, except `counters`. It is restored before it runs
/// (`restore`), and a failure ends it: start-up is the one recovery path.
public final class StreamProcessor {
    public struct Settings: Sendable {
        public var applicationID = "marquee"
        public var topicPrefix = ""
        public var listLength = 20
        /// A commit is sealed after this much work, learning and lists together; or earlier, when nothing waits.
        public var commitWorkNanoseconds = StreamLimits.commitWorkNanoseconds
        /// Time between two commits, that of the commit included; 0 = as soon as the one before is done and something waits.
        public var commitIntervalNanoseconds: UInt64 = 0
        /// Ratings after which a checkpoint is cut: one core replays them in about a second, two in less than half of it.
        public var checkpointRatings = 250_000
        public var checkpointIntervalNanoseconds: UInt64 = 60_000_000_000
        /// A forgotten user is out of every kept checkpoint after this.
        public var forgetIntervalNanoseconds: UInt64 = 30_000_000_000
        /// What to do when records expired before they were read.
        public var onLostOffsets = LostOffsets.fail
        /// How old records of the journal get before they are given up.
        public var journalKeptMilliseconds: Int64 = 30 * 86_400_000

        public init() {}
    }

    /// What to do when records expired before they were read.
    public enum LostOffsets: Sendable {
        case fail
        /// Goes on from the first records that are kept, as a new lineage.
        case earliest
    }

    public let settings: Settings
    public let learner: Learner
    public let lists: PublishedLists
    public let recommender: Recommender
    public let counters = StreamCounters()
    /// Looks at events before they are learnt, for live quality figures; nil in production paths that don't ask.
    public var observer: (any LearningObserver)?
    /// Notices that are worth a line of log.
    public var notice: (String) -> Void = { _ in }
    /// Trims the journal while this instance leads; nil where that can't be done.
    var trimmer: JournalTrimmer?
    /// Called once, when this instance leads and reads the stream.
    public var onLead: () -> Void = {}

    let source: any EventSource
    let sink: any EventSink
    let journal: any JournalLog
    let leadership: any Leadership
    let clock: any Clock
    let store: CheckpointStore?

    let applier: BatchApplier
    let batch = RecordBatch(capacity: StreamLimits.batchRecordsMax)
    let commit = OpenCommit()
    let chunk = OutputChunk()
    let encoding: ListEncoding
    let fanOutSearch: FanOutSearch
    var fanOuts: [FanOut] = []

    /// Where the lineage stands: the newest commit that was sealed.
    var position = Position()
    var cycle: CommitCycle
    /// Whether this instance may publish now; not while an election is under way.
    var standing = Standing.following
    /// Whether it has taken the lead since it started.
    var isLeading = false
    var lastSealNanoseconds: UInt64 = 0
    /// From seal to journal, exactly once, averaged.
    var commitNanoseconds: UInt64 = 0
    /// Journal records of sealed commits that are not appended yet, by epoch modulo their number.
    let sealedRecords: [ByteBuffer]
    /// Input positions of the newest commits, by epoch modulo their number: one more than can wait, so that those of
    /// the newest journaled one are still there.
    var sealedInputs: [[InputPartition: Int64]]
    var pace = CommitPace()
    /// Whether the last poll left something behind.
    var moreWaits = false
    /// Ends of `movies` and `users` at the first start; nil when that is over.
    var catalogueEnds: [InputPartition: Int64]?

    /// Where the newest journaled commit stands in the journal.
    var lastJournalOffset: Int64 = -1
    var checkpointJob: CheckpointJob?
    /// What the next checkpoint may be a delta against.
    var checkpointBase: CheckpointBase?
    /// Whether the restored state is not bit by bit the one that was learnt, and no lineage was begun from it yet.
    var isInDoubt = false
    /// For the next commit's journal record.
    var digestToJournal: EpochDigest?
    /// Ratings learnt since the last cut.
    var ratingsSinceCheckpoint = 0
    var lastCheckpointNanoseconds: UInt64 = 0
    /// From the cut of the newest checkpoint until it was kept.
    var checkpointTookNanoseconds: UInt64 = 0
    var lastCheckpointEpoch: Int64 = 0
    var hasForgotten = false
    /// Whether the newest commit in the journal has positions that the group's offsets don't have yet.
    var offsetsToStore = false
    /// Whether the transaction under way stores them.
    var transactionStoresOffsets = false
    var lastOffsetsNanoseconds: UInt64 = 0
    var lastAppendNanoseconds: UInt64 = 0
    var dueScratch: [UInt32] = []
    var reportScratch: [DeliveryReport] = []

    /// - Throws: `IndexError` when the list length is out of range.
    public init(
        settings: Settings, recommender: Recommender, lists: PublishedLists,
        encoder: any RecommendationListEncoder, source: any EventSource, sink: any EventSink,
        journal: any JournalLog, leadership: any Leadership = SoleLeadership(), clock: any Clock,
        store: CheckpointStore?
    ) {
        self.settings = settings
        self.recommender = recommender
        self.lists = lists
        learner = recommender.learner
        self.source = source
        self.sink = sink
        self.journal = journal
        self.leadership = leadership
        cycle = CommitCycle(journaledEpoch: 0, delivery: sink.delivery)
        self.clock = clock
        self.store = store
        applier = BatchApplier(learner: learner)
        encoding = ListEncoding(
            encoder: encoder, modelVersion: learner.model.version, topicPrefix: settings.topicPrefix)
        fanOutSearch = FanOutSearch(recommender: recommender, lists: lists)
        sealedRecords = (0..<CommitCycle.waitingMax).map { _ in ByteBuffer(capacity: 1 << 14) }
        sealedInputs = Array(repeating: [:], count: CommitCycle.waitingMax + 1)
        dueScratch.reserveCapacity(Recommender.usersMax)
        reportScratch.reserveCapacity(CommitCycle.waitingMax * 2)
    }

    /// One turn of the loop. Returns whether it did anything.
    @discardableResult
    public func runOnce() throws -> Bool {
        let before = standing
        standing = try leadership.poll()
        // An election may have refused them.
        if before != standing && standing == .leading { offsetsToStore = true }
        try collectReports(waitMilliseconds: isHeldBack ? 10 : restMilliseconds)
        // What the reports allow is done before the poll, which may sleep.
        try finishCommits()
        if isHeldBack { return false }
        let isFull = try poll()
        moreWaits = isFull
        let isBatch = !batch.segments.isEmpty
        if isBatch {
            let began = clock.monotonicNanoseconds()
            try decode()
            try learn()
            commit.workNanoseconds += clock.monotonicNanoseconds() - began
            source.release(batch)
        }
        if isTimeToSeal(moreWaits: isFull) { try sealCommit() }
        try finishCommits()
        try checkpointIfDue()
        return isBatch
    }

    /// How long the loop rests while a transaction is under way: what comes meanwhile waits for its end anyway, and who takes it
    /// one by one takes the broker's time.
    private var restMilliseconds: Int32 {
        if sink.delivery == .atLeastOnce || cycle.waitingCount == 0 || moreWaits || position.isSilent { return 0 }
        return StreamLimits.restMilliseconds
    }

    // MARK: The phases

    /// Takes what waits; true when the batch is full, so that more may wait.
    private func poll() throws -> Bool {
        // Each record makes at most one user due, so the commit can't outgrow its limit.
        let limit = recordRoom
        if position.isSilent { return try readAgain(limit: limit) }
        do {
            try source.poll(
                catalogueEnds == nil ? .all : [.movies, .users], limit: limit,
                waitMilliseconds: pollWaitMilliseconds(), into: batch)
        } catch let error as SourceError {
            throw RecoveryError.from(error, topicPrefix: settings.topicPrefix)
        }
        return batch.count >= limit / 2
    }

    private func pollWaitMilliseconds() -> Int32 {
        if !fanOuts.isEmpty { return 0 }
        if !commit.isEmpty && maySeal { return sealWaitMilliseconds }
        if let wait = journalWaitMilliseconds { return wait }
        if offsetsToStore { return 50 }
        return checkpointJob == nil ? StreamLimits.idleWaitMilliseconds : 20
    }

    private func decode() throws {
        commit.records += batch.count
        commit.journal.note(batch)
        for segment in batch.segments { position.inputs[segment.partition] = segment.nextOffset }
        try applier.decode(batch) { record, rejection in
            // It went there when it was new.
            if position.isSilent { return }
            DeadLetters.append(
                record, rejection, topicName: settings.topicPrefix + record.topic.name,
                originalHeaders: source.headers(of: record), to: chunk)
            try sendChunkIfLarge()
            counters.deadLetters.wrappingAdd(1, ordering: .relaxed)
        }
        try noteCatalogue()
        try noteUsers()
    }

    private func learn() throws {
        let count = applier.ratings.count
        if count == 0 { return }
        if let observer {
            var done = 0
            while done < count {
                let stop = try observer.nextStop(applier.ratings, from: done)
                if stop > done { applier.learn(done..<stop) }
                if stop < count { try observer.observe(applier.ratings, stop, self) }
                let end = min(count, stop + 1)
                if stop < count { applier.learn(stop..<end) }
                done = end
            }
            observer.learned(applier.ratings, applier.outcomes)
        } else {
            applier.learn(0..<count)
        }
        for user in learner.evicted { commit.due.remove(user.row) }
        lists.parkEvicted(of: learner)
        if !position.isSilent { noteRatings() }
        ratingsSinceCheckpoint += count
        counters.ratings.wrappingAdd(count, ordering: .relaxed)
    }

    /// Everybody whose rating was answered is due.
    private func noteRatings() {
        let ratings = applier.ratings
        let outcomes = applier.outcomes
        let due = commit.due
        let causes = commit.causes
        due.reserve(learner.users.rowCount)
        let ids = ratings.eventIDBytes.bytes
        for at in 0..<ratings.count {
            let outcome = outcomes.outcomes[at]
            if outcome > RatingOutcome.removed.rawValue { continue }
            let user = outcomes.users[at]
            let start = Int(ratings.eventIDStarts[at])
            let id = UnsafeRawBufferPointer(rebasing: ids[start..<(start + Int(ratings.eventIDCounts[at]))])
            let cause = causes.append(
                topic: .ratings, partition: ratings.partitions[at], offset: ratings.offsets[at],
                eventTime: ratings.eventTimes[at], eventID: id, previous: due.newestCause(user))
            due.note(
                user, outcome == RatingOutcome.removed.rawValue ? .ratingRemoved : .rated, isAnswer: true,
                cause: cause)
        }
    }

    private func noteCatalogue() throws {
        for movie in applier.movies {
            switch movie.outcome {
            case .added(let row):
                encoding.setTitle(row, learner.movies.descriptions[Int(row)].title)
                try recommender.catalogueChanged(row)
                startFanOut(.added, row, movie)
            case .described(let row):
                encoding.setTitle(row, learner.movies.descriptions[Int(row)].title)
            case .withdrawn(let row):
                try recommender.catalogueChanged(row)
                startFanOut(.withdrawn, row, movie)
            case .unchanged: break
            }
        }
    }

    private func noteUsers() throws {
        for user in applier.users {
            var losesList = false
            switch user.outcome {
            case .changed(let row):
                if catalogueEnds != nil || position.isSilent { continue }
                commit.due.reserve(learner.users.rowCount)
                let cause = commit.causes.append(
                    topic: .users, partition: user.record.partition, offset: user.record.offset,
                    eventTime: user.eventTime, eventID: UnsafeRawBufferPointer(start: nil, count: 0),
                    previous: commit.due.newestCause(row))
                commit.due.note(row, .profileChanged, isAnswer: false, cause: cause)
            case .forgotten(let row):
                commit.due.remove(row)
                losesList = lists.sequence(row) > 0 || mayHaveLostList
                lists.remove(row)
                hasForgotten = true
            case .forgottenUnknown:
                hasForgotten = true
                losesList = mayHaveLostList && !user.isRepeated
            case .unchanged: continue
            }
            if !user.isRepeated && lists.removeParked(userID: user.userID) { losesList = true }
            if losesList { commit.tombstones.append(user.userID) }
        }
    }

    /// At least once a list may be out of whose commit nothing is known: its process died before the journal record. After
    /// the first start, that is: before, nobody has a list.
    private var mayHaveLostList: Bool {
        sink.delivery == .atLeastOnce && catalogueEnds == nil && !position.isSilent
    }

    /// Restores, follows until this instance leads, and runs until `shouldStop`; then seals what is open, waits for the
    /// broker, leaves a checkpoint and gives the lead away.
    public func run(shouldStop: () -> Bool) throws {
        if try start(shouldStop: shouldStop) {
            while !shouldStop() { try runOnce() }
            try stop()
        } else {
            leadership.release()
        }
    }
}

/// Sees events before they are learnt: for prequential figures while the stream runs. It reads, and nothing of it comes
/// back into the state.
public protocol LearningObserver: AnyObject {
    /// The first row at or after `from` that `observe` wants to see before it is learnt; the batch's count for none.
    func nextStop(_ ratings: RatingBatch, from: Int) throws -> Int
    func observe(_ ratings: RatingBatch, _ row: Int, _ processor: StreamProcessor) throws
    /// The whole batch was learnt.
    func learned(_ ratings: RatingBatch, _ outcomes: RatingOutcomes)
}
