import Events
import Learning
import Recommending

/// Follows a journal: reads each batch of the inputs again exactly as it was, learns it without publishing, and brings
/// lists and sequences forward.
public final class JournalReplayer {
    public let applier: BatchApplier
    public let lists: PublishedLists
    public private(set) var position: Position
    /// Records that do not continue the chain: another writer's; passed over.
    public private(set) var foreignRecords = 0
    private var hasForgotten = false
    /// Ratings learnt again.
    public private(set) var ratings = 0

    private let source: any EventSource
    private let topicPrefix: String
    private let batch = RecordBatch(capacity: StreamLimits.batchRecordsMax)
    private var cut: [RecordBatch.Segment] = []
    private var movieRows: [UInt32] = []
    private var hasLineage: Bool

    /// - Parameter position: that of the checkpoint which the learner was restored from; nil at the beginning.
    public init(
        applier: BatchApplier, lists: PublishedLists, source: any EventSource, position: Position?,
        topicPrefix: String
    ) {
        self.applier = applier
        self.lists = lists
        self.source = source
        self.position = position ?? Position()
        self.topicPrefix = topicPrefix
        hasLineage = position != nil
    }

    /// Whether a user was forgotten since the last call.
    func takeHasForgotten() -> Bool {
        defer { hasForgotten = false }
        return hasForgotten
    }

    /// Whether the journal has begun: a start record was read or a checkpoint was there.
    public var hasStarted: Bool { hasLineage }

    /// Applies the next record of the journal, or passes it over when it continues something else.
    ///
    /// - Throws: `RecoveryError`, `JournalFormatError`, and what the source throws.
    public func apply(_ record: JournalRecord) throws {
        guard hasLineage else { return try begin(record) }
        guard record.kind == .commit, record.previousChain == position.chain, record.epoch == position.epoch + 1 else {
            foreignRecords += 1
            return
        }
        for advances in record.batches { try replay(advances) }
        for list in record.lists { try publish(list) }
        position.epoch = record.epoch
        position.chain = record.chain
        position.isCatalogueComplete = record.isCatalogueComplete
        position.fanOuts = try record.fanOuts.map { fanOut in
            var fanOut = fanOut
            fanOut.movie = try row(ofMovie: fanOut.movieID)
            return fanOut
        }
    }

    private func begin(_ record: JournalRecord) throws {
        guard record.kind == .start, let lineage = record.lineage else {
            throw RecoveryError.journalTrimmed(firstEpoch: record.epoch)
        }
        let expected = applier.learner.model.settings
        guard lineage.settings == expected else {
            throw RecoveryError.otherSettings(found: lineage.settings, expected: expected)
        }
        position.epoch = record.epoch
        position.chain = record.chain
        hasLineage = true
    }

    private func replay(_ advances: [JournalRecord.Advance]) throws {
        cut.removeAll(keepingCapacity: true)
        for advance in advances {
            cut.append(
                RecordBatch.Segment(
                    partition: advance.partition, start: 0, count: advance.count, nextOffset: advance.nextOffset))
        }
        do {
            try source.read(upTo: cut, into: batch)
        } catch let error as SourceError {
            throw RecoveryError.from(error, topicPrefix: topicPrefix)
        }
        defer { source.release(batch) }
        for advance in advances {
            let found = batch.segments.first { $0.partition == advance.partition }?.count ?? 0
            guard found == advance.count else {
                throw RecoveryError.inexact(advance.partition, expected: advance.count, found: found)
            }
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
            case .changed, .unchanged: break
            }
        }
        applier.learn(0..<applier.ratings.count)
        ratings += applier.ratings.count
    }

    private func publish(_ list: JournalRecord.PublishedList) throws {
        let user = applier.learner.users.row(of: list.userID)
        guard user != IdentityMap.none else { throw RecoveryError.unknownUserInJournal(list.userID) }
        movieRows.removeAll(keepingCapacity: true)
        for id in list.movieIDs { movieRows.append(try row(ofMovie: id)) }
        movieRows.withUnsafeBufferPointer { _ = lists.publish(user, $0, lastScore: list.lastScore) }
    }

    private func row(ofMovie id: Int64) throws -> UInt32 {
        let row = applier.learner.movies.row(of: id)
        guard row != IdentityMap.none else { throw RecoveryError.unknownMovieInJournal(id) }
        return row
    }
}
