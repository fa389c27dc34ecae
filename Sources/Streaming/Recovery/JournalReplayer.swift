import Events
import Learning
import Recommending

/// Follows a journal: reads each batch of the inputs again exactly as it was, learns it without publishing, and brings
/// lists and sequences forward.
///
/// Where that can't be exact it goes on all the same, with what is left, and says so in `doubts`.
public final class JournalReplayer {
    public let applier: BatchApplier
    public let lists: PublishedLists
    public private(set) var position: Position
    /// Why the state is not bit by bit the one that was learnt.
    public private(set) var doubts = ReplayDoubts()
    /// Records that do not continue the chain: another writer's; passed over.
    public private(set) var foreignRecords = 0
    private var hasForgotten = false
    /// Ratings learnt again.
    public private(set) var ratings = 0
    private(set) var digests = DigestComparison()

    private var input: ReplayInput
    private let topicPrefix: String
    private let batch = RecordBatch(capacity: StreamLimits.batchRecordsMax)
    private var movieRows: [UInt32] = []
    /// Of the lineage that is followed; nil before the first.
    private var numericsVersion: Int?

    /// - Parameter checkpoint: what the learner was restored from; nil at the beginning.
    public init(
        applier: BatchApplier, lists: PublishedLists, source: any EventSource, checkpoint: LoadedCheckpoint?,
        topicPrefix: String
    ) {
        self.applier = applier
        self.lists = lists
        input = ReplayInput(source)
        position = checkpoint?.position ?? Position()
        self.topicPrefix = topicPrefix
        guard let checkpoint else { return }
        follow(numericsVersion: checkpoint.numericsVersion)
        digests.loaded(applier.learner, epoch: position.epoch)
    }

    /// Whether a user was forgotten since the last call.
    func takeHasForgotten() -> Bool {
        defer { hasForgotten = false }
        return hasForgotten
    }

    /// Whether the journal has begun: a start record was read or a checkpoint was there.
    public var hasStarted: Bool { numericsVersion != nil }

    /// Applies the next record of the journal, or passes it over when it continues something else.
    ///
    /// - Throws: `RecoveryError`, `JournalFormatError`, and what the source throws.
    public func apply(_ record: JournalRecord) throws {
        guard hasStarted else { return try begin(record) }
        guard record.previousChain == position.chain, record.epoch == position.epoch + 1 else {
            foreignRecords += 1
            return
        }
        switch record.kind {
        case .start:
            guard let lineage = record.lineage else { throw JournalFormatError.damaged }
            try start(lineage, at: record.epoch)
        case .commit: try commit(record)
        }
        position.epoch = record.epoch
        position.chain = record.chain
        // What can't agree is not compared.
        if doubts.isEmpty && record.isCut {
            digests.passed(applier.learner, epoch: record.epoch, ratings: ratings)
        }
    }

    // MARK: Lineages

    private func begin(_ record: JournalRecord) throws {
        guard record.kind == .start, let lineage = record.lineage, lineage.origin == .empty, record.epoch == 0 else {
            throw RecoveryError.journalTrimmed(firstEpoch: record.epoch)
        }
        try check(lineage)
        position.epoch = record.epoch
        position.chain = record.chain
    }

    private func start(_ lineage: Lineage, at epoch: Int64) throws {
        try check(lineage)
        switch lineage.origin {
        case .empty:
            lists.parkAll(users: applier.learner.users, movies: applier.learner.movies)
            applier.learner.beginAnew()
            position.beginAnew(silentEnds: lineage.inputs)
            try input.move(to: [:])
        case .continued:
            // The checkpoint that came with it would have been later than this record.
            doubts.lineagePassed = epoch
            for (partition, offset) in lineage.inputs {
                position.inputs[partition] = max(offset, position.inputs[partition] ?? 0)
            }
            try input.move(to: position.inputs)
        }
    }

    private func check(_ lineage: Lineage) throws {
        try LineageCheck(learner: applier.learner).check(
            numericsVersion: lineage.numericsVersion, settings: lineage.settings)
        follow(numericsVersion: lineage.numericsVersion)
    }

    private func follow(numericsVersion: Int) {
        self.numericsVersion = numericsVersion
        let model = applier.learner.model
        doubts.otherNumerics =
            numericsVersion == model.numericsVersion || model is UntrainedModel ? nil : numericsVersion
    }

    // MARK: Commits

    private func commit(_ record: JournalRecord) throws {
        if doubts.isEmpty { try digests.compare(with: record.digest) }
        for advances in record.batches { try replay(advances) }
        if position.completeSilence() { lists.adoptAll(users: applier.learner.users, movies: applier.learner.movies) }
        for list in record.lists { try publish(list) }
        position.isCatalogueComplete = record.isCatalogueComplete
        position.fanOuts = try record.fanOuts.compactMap { fanOut in
            var fanOut = fanOut
            fanOut.movie = applier.learner.movies.row(of: fanOut.movieID)
            if fanOut.movie != IdentityMap.none { return fanOut }
            if doubts.isEmpty { throw RecoveryError.unknownMovieInJournal(fanOut.movieID) }
            return nil
        }
    }

    private func replay(_ advances: [JournalRecord.Advance]) throws {
        do {
            try input.read(advances, from: position, into: batch)
        } catch let error as SourceError {
            throw RecoveryError.from(error, topicPrefix: topicPrefix)
        }
        defer { input.source.release(batch) }
        for advance in advances {
            let found = batch.segments.first { $0.partition == advance.partition }?.count ?? 0
            if found != advance.count { doubts.note(advance.partition, expected: advance.count, found: found) }
            position.inputs[advance.partition] = advance.nextOffset
        }
        // Records that can't be used went to the dead letters when they were new.
        applier.decode(batch) { _, _ in }
        for user in applier.users {
            switch user.outcome {
            case .forgotten(let row):
                lists.remove(row)
                hasForgotten = true
            case .forgottenUnknown: hasForgotten = true
            case .changed, .unchanged: continue
            }
            if !user.isRepeated { lists.removeParked(userID: user.userID) }
        }
        applier.learn(0..<applier.ratings.count)
        lists.parkEvicted(of: applier.learner)
        ratings += applier.ratings.count
    }

    private func publish(_ list: JournalRecord.PublishedList) throws {
        let user = applier.learner.users.row(of: list.userID)
        guard user != IdentityMap.none else {
            if doubts.isEmpty { throw RecoveryError.unknownUserInJournal(list.userID) }
            lists.publishParked(userID: list.userID, movieIDs: list.movieIDs, lastScore: list.lastScore)
            return
        }
        lists.adopt(user, id: list.userID, movies: applier.learner.movies)
        movieRows.removeAll(keepingCapacity: true)
        for id in list.movieIDs {
            let row = applier.learner.movies.row(of: id)
            if row == IdentityMap.none && doubts.isEmpty { throw RecoveryError.unknownMovieInJournal(id) }
            movieRows.append(row)
        }
        // A list with a movie that is gone can't be compared with any other.
        if movieRows.contains(IdentityMap.none) { movieRows.removeAll(keepingCapacity: true) }
        movieRows.withUnsafeBufferPointer { _ = lists.publish(user, $0, lastScore: list.lastScore) }
    }
}
