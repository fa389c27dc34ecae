import Events
import Learning
import Recommending
import VectorIndex

@testable import Streaming

/// A broker that did not answer, where nothing is repeated: the process ends.
struct SimulatedOutage: Error {}

/// One process of the service: a learner fiber and a commit fiber on the real loop.
final class SimulatedInstance: @unchecked Sendable {
    let place: Int
    let election: SimulatedElection
    let sink: SimulatedSink
    let processor: StreamProcessor
    private let fibers: Fibers
    private var learner: Fibers.Fiber?
    var isStopping = false
    private(set) var failure: (any Error)?
    private(set) var hasEnded = false
    /// Whether it once stood still for longer than a stop may take.
    private(set) var wasHeldLong = false

    init(_ cluster: SimulatedCluster, place: Int, process: Int, directory: String) throws {
        self.place = place
        fibers = cluster.fibers
        election = SimulatedElection(cluster, place: place, process: process)
        sink = SimulatedSink(cluster, election)
        let source = SimulatedSource(cluster)
        source.wakes = { [unowned sink] in sink.hasReport }
        var settings = StreamProcessor.Settings()
        settings.listLength = 3
        // Checkpoints are cut at a stop alone, where the loop waits for their thread.
        settings.checkpointRatings = .max
        settings.checkpointIntervalNanoseconds = .max
        settings.forgetIntervalNanoseconds = .max
        settings.commitWorkNanoseconds = [100_000, 100_000_000][fibers.draw(2)]
        let learner = Learner(model: Self.model(), batchCapacity: StreamLimits.batchRecordsMax)
        let recommender = try Recommender(
            learner: learner, index: ExactIndex(dimension: learner.model.dimension),
            listLength: settings.listLength)
        processor = StreamProcessor(
            settings: settings, recommender: recommender, lists: PublishedLists(capacity: settings.listLength),
            encoder: JSONRecommendationListEncoder(), source: source, sink: sink,
            journal: SimulatedJournal(cluster), leadership: election, clock: SimulatedClock(cluster.fibers),
            store: CheckpointStore(directory: directory))
    }

    static func model() -> BiasedMatrixFactorization {
        var settings = BiasedMatrixFactorization.Settings()
        settings.dimension = 4
        return BiasedMatrixFactorization(settings)
    }

    func start() {
        learner = fibers.spawn { [self] in
            do {
                try processor.run { isStopping }
                try sink.close(waitMilliseconds: 1000)
            } catch {
                failure = error
                sink.kill()
            }
            hasEnded = true
        }
    }

    /// As kill -9.
    func kill() {
        learner?.isKilled = true
        sink.kill()
    }

    /// As SIGSTOP.
    func hold(until time: UInt64) {
        if time > fibers.now + StreamLimits.stopNanoseconds { wasHeldLong = true }
        learner?.heldUntil = time
        sink.hold(until: time)
    }

    /// Whether it leads and nothing is left to do.
    var isSettled: Bool {
        processor.counters.isLive.load(ordering: .relaxed) && processor.standing == .leading
            && processor.commit.isEmpty && !processor.offsetsToStore && processor.fanOuts.isEmpty
            && processor.cycle.waitingCount == 0
    }
}

/// Publishes by the real `TransactionRunner` on a fiber of its own, as `TransactionalSink` does on a thread.
final class SimulatedSink: EventSink, @unchecked Sendable {
    let delivery = Delivery.exactlyOnce
    private let fibers: Fibers
    private let runner: TransactionRunner
    private var fiber: Fibers.Fiber?
    private var staged = SealedCommit()
    private var given: SealedCommit?
    private var report: DeliveryReport?
    private var failure: (any Error)?
    private var isEnding = false

    init(_ cluster: SimulatedCluster, _ election: SimulatedElection) {
        fibers = cluster.fibers
        let fibers = fibers
        runner = TransactionRunner(
            producer: SimulatedProducer(cluster), proof: election, journal: SimulatedJournal(cluster)
        ) { try fibers.wait(nanoseconds: 50_000_000) }
    }

    var hasReport: Bool { report != nil || failure != nil }

    func open(whileWaiting: () throws -> Void) throws -> Int64 {
        let end = try runner.open(whileWaiting: whileWaiting)
        fiber = fibers.spawn { [self] in
            do {
                while let commit = try next() {
                    let offset = try runner.run(commit)
                    given = nil
                    report = .journaled(epoch: commit.epoch, offset: offset)
                }
            } catch {
                failure = error
            }
        }
        return end
    }

    private func next() throws -> SealedCommit? {
        try fibers.wait(nanoseconds: .max / 2) { [unowned self] in given != nil || isEnding }
        return given
    }

    func send(_ chunk: OutputChunk, epoch: Int64) throws {
        try fibers.yield()
        staged.append(chunk)
    }

    func append(
        journalRecord: UnsafeRawBufferPointer, epoch: Int64, inputs: [InputPartition: Int64], storesOffsets: Bool
    ) throws {
        try fibers.yield()
        if let failure { throw failure }
        precondition(given == nil, "one transaction is in flight")
        staged.epoch = epoch
        staged.journalRecord.append(journalRecord)
        staged.inputs = inputs
        staged.storesOffsets = storesOffsets
        given = staged
        staged = SealedCommit()
    }

    func poll(waitMilliseconds: Int32, _ handler: (DeliveryReport) -> Void) throws {
        if !hasReport && waitMilliseconds > 0 {
            try fibers.wait(nanoseconds: UInt64(waitMilliseconds) * 1_000_000) { [unowned self] in hasReport }
        }
        if let failure { throw failure }
        if let report {
            self.report = nil
            handler(report)
        }
    }

    func close(waitMilliseconds: Int32) throws { isEnding = true }

    func kill() {
        isEnding = true
        fiber?.isKilled = true
    }

    func hold(until time: UInt64) { fiber?.heldUntil = time }
}

/// The inputs, read in batches of drawn sizes.
final class SimulatedSource: EventSource {
    private let source: ModelSource
    private let cluster: SimulatedCluster
    private let fibers: Fibers
    var wakes: () -> Bool = { false }

    init(_ cluster: SimulatedCluster) {
        self.cluster = cluster
        fibers = cluster.fibers
        source = ModelSource(cluster.inputs)
    }

    func partitionCount(of topic: InputTopic) -> Int { source.partitionCount(of: topic) }
    func bounds(of partition: InputPartition) throws -> Range<Int64> { try source.bounds(of: partition) }

    func bounds(of partitions: [InputPartition]) throws -> [InputPartition: Range<Int64>] {
        try fibers.yield()
        return try source.bounds(of: partitions)
    }

    func assign(_ positions: [InputPartition: Int64]) throws {
        try fibers.yield()
        try source.assign(positions)
    }

    func poll(_ topics: InputTopics, limit: Int, waitMilliseconds: Int32, into batch: RecordBatch) throws {
        try fibers.yield()
        source.pollLimit = 1 + fibers.draw(fibers.happens(oneIn: 3) ? 100 : 8)
        try source.poll(topics, limit: limit, waitMilliseconds: 0, into: batch)
        guard batch.count == 0, waitMilliseconds > 0 else { return }
        let inputs = cluster.inputs
        let count = inputs.recordCount
        try fibers.wait(nanoseconds: UInt64(waitMilliseconds) * 1_000_000) { [unowned self] in
            inputs.recordCount > count || wakes()
        }
        try source.poll(topics, limit: limit, waitMilliseconds: 0, into: batch)
    }

    func read(upTo cut: [RecordBatch.Segment], into batch: RecordBatch) throws {
        try fibers.yield()
        try source.read(upTo: cut, into: batch)
    }

    func headers(of record: RawRecord) -> [RecordHeader] { source.headers(of: record) }
    func release(_ batch: RecordBatch) {}
    func wakeUp() {}
    func close() {}
}

/// The journal as a read_committed consumer sees it.
final class SimulatedJournal: JournalLog {
    private let cluster: SimulatedCluster

    init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    func bounds() throws -> Range<Int64> {
        try cluster.fibers.yield()
        if cluster.fibers.happens(oneIn: cluster.faultRate) { throw SimulatedOutage() }
        return 0..<Int64(cluster.journal.count)
    }

    @discardableResult
    func read(from offset: Int64, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void) throws -> Int64 {
        try cluster.fibers.yield()
        if cluster.fibers.happens(oneIn: cluster.faultRate) { throw SimulatedOutage() }
        let end = max(Int(offset), cluster.stableEnd)
        for at in Int(offset)..<end {
            if let record = cluster.committedRecord(at: at) {
                try record.withUnsafeBytes { try handler(Int64(at), $0) }
            }
        }
        return Int64(end)
    }

    func follow(
        from offset: Int64, waitMilliseconds: Int32, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64 {
        let cluster = cluster
        try cluster.fibers.wait(nanoseconds: UInt64(waitMilliseconds) * 1_000_000) {
            cluster.stableEnd > Int(offset)
        }
        return try read(from: offset, handler)
    }
}

final class SimulatedClock: Clock {
    private let fibers: Fibers

    init(_ fibers: Fibers) { self.fibers = fibers }

    func wallMilliseconds() -> Int64 { 1_700_000_000_000 + Int64(fibers.now / 1_000_000) }
    func monotonicNanoseconds() -> UInt64 { fibers.tick() }
}
