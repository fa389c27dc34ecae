import Foundation
import Synchronization

/// Publishes each commit as one transaction, on a thread of its own, while the learner learns the next batch.
///
/// One transaction is in flight, and it begins only when its content is complete, so a stall of the learner never holds
/// back readers. The learner stages lists and dead letters here; the journal record completes the commit.
public final class TransactionalSink: EventSink {
    public let delivery = Delivery.exactlyOnce

    private let runner: TransactionRunner
    private let producer: any TransactionalProducer
    private let exchange = Exchange()
    private var staged = SealedCommit()
    private var sentInputs: [InputPartition: Int64] = [:]
    /// Wakes the learner when a report is there.
    private let wake: @Sendable () -> Void
    private var isStarted = false

    /// - Parameter notice: lines for the log; called from the commit thread.
    public init(
        producer: any TransactionalProducer, proof: any LeadershipProof, journal: any JournalLog,
        wake: @escaping @Sendable () -> Void, notice: @escaping @Sendable (String) -> Void
    ) {
        self.producer = producer
        self.wake = wake
        let exchange = exchange
        runner = TransactionRunner(producer: producer, proof: proof, journal: journal) {
            try exchange.pause(seconds: 0.05)
        }
        runner.notice = notice
    }

    public func open(whileWaiting: () throws -> Void) throws -> Int64 {
        let end = try runner.open(whileWaiting: whileWaiting)
        startThread()
        return end
    }

    public func send(_ chunk: OutputChunk, epoch: Int64) throws { staged.append(chunk) }

    public func append(
        journalRecord: UnsafeRawBufferPointer, epoch: Int64, inputs: [InputPartition: Int64], storesOffsets: Bool
    ) throws {
        staged.epoch = epoch
        staged.journalRecord.append(journalRecord)
        staged.storesOffsets = storesOffsets
        // The others' offsets went with the commits before.
        staged.inputs = inputs.filter { sentInputs[$0.key] != $0.value }
        if storesOffsets { sentInputs = inputs }
        staged = try exchange.give(staged)
    }

    public func poll(waitMilliseconds: Int32, _ handler: (DeliveryReport) -> Void) throws {
        if let report = try exchange.takeReport(waitMilliseconds: waitMilliseconds) { handler(report) }
    }

    public func close(waitMilliseconds: Int32) throws {
        exchange.end()
        if isStarted, !exchange.waitForThread(seconds: Double(waitMilliseconds) / 1000) { return }
        producer.close()
    }

    private func startThread() {
        isStarted = true
        // The runner and its producer belong to this thread from now on.
        let worker = Worker(runner: runner)
        let exchange = exchange
        let wake = wake
        let thread = Thread {
            do {
                while let commit = exchange.takeCommit() {
                    let offset = try worker.runner.run(commit)
                    exchange.finish(.journaled(epoch: commit.epoch, offset: offset))
                    wake()
                }
            } catch {
                exchange.fail(error)
                wake()
            }
            exchange.threadEnded()
        }
        thread.name = "commit"
        thread.start()
    }

    /// Unchecked because the runner moves to the commit thread once and is used there alone.
    private struct Worker: @unchecked Sendable {
        let runner: TransactionRunner
    }
}

/// What passes between the learner thread and the commit thread.
private final class Exchange: Sendable {
    private struct State: ~Copyable {
        var commit: SealedCommit?
        var isBusy = false
        var spare: SealedCommit? = SealedCommit()
        var report: DeliveryReport?
        var failure: (any Error)?
        var isEnding = false
        var hasEnded = false
    }

    struct Ending: Error {}

    private let condition = NSCondition()
    // Guarded by `condition`.
    private nonisolated(unsafe) var state = State()

    private func locked<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body(&state)
    }

    /// Waits until the answer is not nil or the time has passed; for ever when there is no end.
    private func wait<Result>(until end: Date?, _ body: (inout State) throws -> Result?) rethrows -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(&state) { return result }
            guard let end else {
                condition.wait()
                continue
            }
            if !condition.wait(until: end) { return try body(&state) }
        }
    }

    /// Hands a commit over and returns an empty one; the commit before must be finished.
    func give(_ commit: SealedCommit) throws -> SealedCommit {
        try locked { state in
            if let failure = state.failure { throw failure }
            precondition(!state.isBusy, "one transaction is in flight")
            guard let spare = state.spare.take() else { preconditionFailure("there are two commits") }
            state.commit = commit
            state.isBusy = true
            condition.broadcast()
            return spare
        }
    }

    /// The next commit; nil when the thread is to end.
    func takeCommit() -> SealedCommit? {
        wait(until: nil) { state -> SealedCommit?? in
            if let commit = state.commit { return .some(commit) }
            return state.isEnding ? .some(nil) : nil
        } ?? nil
    }

    func finish(_ report: DeliveryReport) {
        locked { state in
            state.commit?.removeAll()
            state.spare = state.commit.take()
            state.isBusy = false
            state.report = report
            condition.broadcast()
        }
    }

    func fail(_ error: any Error) {
        locked { state in
            state.failure = error
            condition.broadcast()
        }
    }

    func takeReport(waitMilliseconds: Int32) throws -> DeliveryReport? {
        try wait(until: Date(timeIntervalSinceNow: Double(waitMilliseconds) / 1000)) { state in
            if let failure = state.failure { throw failure }
            return state.report.take()
        }
    }

    func pause(seconds: Double) throws {
        let isEnding = wait(until: Date(timeIntervalSinceNow: seconds)) { $0.isEnding ? true : nil } ?? false
        if isEnding { throw Ending() }
    }

    func end() {
        locked { state in
            state.isEnding = true
            condition.broadcast()
        }
    }

    func threadEnded() {
        locked { state in
            state.hasEnded = true
            condition.broadcast()
        }
    }

    func waitForThread(seconds: Double) -> Bool {
        wait(until: Date(timeIntervalSinceNow: seconds)) { $0.hasEnded ? true : nil } ?? false
    }
}
