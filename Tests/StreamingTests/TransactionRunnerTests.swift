import Events
import Testing

@testable import Streaming

/// The runner against a producer whose answers are written down before.
@Suite struct TransactionRunnerTests {
    private final class ScriptedProducer: TransactionalProducer {
        /// What the next calls of each name fail with; those without succeed.
        var failures: [String: [TransactionFailure.Kind?]] = [:]
        var calls: [String] = []
        var onCommit: () -> Int64 = { 0 }

        private func call(_ name: String) throws(TransactionFailure) {
            calls.append(name)
            guard var left = failures[name], !left.isEmpty else { return }
            let kind = left.removeFirst()
            failures[name] = left
            if let kind { throw TransactionFailure(kind, "as written") }
        }

        func reset() throws(TransactionFailure) { try call("reset") }
        func begin() throws(TransactionFailure) { try call("begin") }
        func produce(_ commit: SealedCommit) throws(TransactionFailure) { try call("produce") }
        func sendOffsets(
            of commit: SealedCommit, journalPosition: Int64, _ membership: any Membership
        ) throws(TransactionFailure) { try call("offsets \(journalPosition)") }
        func commit() throws(TransactionFailure) -> Int64 {
            try call("commit")
            return onCommit()
        }
        func abort() throws(TransactionFailure) { try call("abort") }
        func close() {}
    }

    private final class ScriptedProof: LeadershipProof, @unchecked Sendable {
        final class Token: Membership {}
        // Used by one test, which has one thread.
        var answers: [ProofAnswer] = []
        var elections: [Bool] = []
        var membership: (any Membership)? {
            if !elections.isEmpty && !elections.removeFirst() { return nil }
            return Token()
        }
        func prove(journalPosition: Int64) -> ProofAnswer { answers.isEmpty ? .leads : answers.removeFirst() }
    }

    private final class ScriptedJournal: JournalLog {
        struct Away: Error {}
        var records: [[UInt8]] = []
        /// Nil: all of it.
        var readableEnds: [Int64?] = []
        var outages = 0

        func bounds() throws -> Range<Int64> { 0..<Int64(records.count) }

        func read(from offset: Int64, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void) throws -> Int64 {
            if outages > 0 {
                outages -= 1
                throw Away()
            }
            let given = readableEnds.isEmpty ? nil : readableEnds.removeFirst()
            let end = given ?? Int64(records.count)
            for at in stride(from: offset, to: end, by: 1) {
                try records[Int(at)].withUnsafeBytes { try handler(at, $0) }
            }
            return max(offset, end)
        }

        func follow(
            from offset: Int64, waitMilliseconds: Int32, _ handler: (Int64, UnsafeRawBufferPointer) throws -> Void
        ) throws -> Int64 { try read(from: offset, handler) }
    }

    private let producer = ScriptedProducer()
    private let proof = ScriptedProof()
    private let journal = ScriptedJournal()

    private func makeRunner(pauses: Int = 20) -> TransactionRunner {
        var left = pauses
        struct TooLong: Error {}
        return TransactionRunner(producer: producer, proof: proof, journal: journal) {
            left -= 1
            if left < 0 { throw TooLong() }
        }
    }

    private func commit(_ epoch: Int64, previous: Chain = .zero, storesOffsets: Bool = true) -> SealedCommit {
        let commit = SealedCommit()
        commit.storesOffsets = storesOffsets
        commit.epoch = epoch
        let encoder = JournalEncoder()
        let record = ByteBuffer(capacity: 256)
        _ = encoder.finish(
            epoch: epoch, previousChain: previous, isCatalogueComplete: true, fanOuts: [], isCut: false, digest: nil,
            into: record)
        commit.journalRecord.append(record.bytes)
        return commit
    }

    /// The producer's commit brings the record into the journal.
    private func standsWhenCommitted(_ commit: SealedCommit) {
        producer.onCommit = { [journal] in
            journal.records.append(Array(commit.journalRecord.bytes))
            return Int64(journal.records.count) - 1
        }
    }

    @Test func aCommitTakesFourCallsAndNamesItsPlaceInTheNext() throws {
        let runner = makeRunner()
        #expect(try runner.open {} == 0)
        let first = commit(1)
        standsWhenCommitted(first)
        #expect(try runner.run(first) == 0)
        let second = commit(2, previous: first.chain)
        standsWhenCommitted(second)
        #expect(try runner.run(second) == 1)
        #expect(
            producer.calls == [
                "reset", "begin", "produce", "offsets 0", "commit", "begin", "produce", "offsets 0", "commit",
            ])
    }

    /// Whoever was elected between the proof of the lead and the making of the producer was fenced by it: the generation tells.
    @Test func theFirstTransactionOfAProducerHoldsTheGeneration() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        var previous = Chain.zero
        func run(_ epoch: Int64) throws {
            let next = commit(epoch, previous: previous, storesOffsets: false)
            previous = next.chain
            standsWhenCommitted(next)
            _ = try runner.run(next)
        }
        try run(1)
        try run(2)
        #expect(producer.calls.filter { $0.hasPrefix("offsets") }.count == 1)
        #expect(producer.calls.suffix(3) == ["begin", "produce", "commit"])

        // One that stands after all, when its answer was lost, was not of the new producer, whether it held any or not.
        for (epoch, storesOffsets) in [(Int64(3), false), (6, true)] {
            let lost = commit(epoch, previous: previous, storesOffsets: storesOffsets)
            previous = lost.chain
            producer.failures["commit"] = [.fatal]
            journal.records.append(Array(lost.journalRecord.bytes))
            _ = try runner.run(lost)
            #expect(producer.calls.last == "reset")
            try run(epoch + 1)
            #expect(producer.calls.suffix(4) == ["begin", "produce", "offsets \(epoch - 1)", "commit"])
            try run(epoch + 2)
            #expect(producer.calls.suffix(3) == ["begin", "produce", "commit"])
        }
    }

    @Test(arguments: [TransactionFailure.Kind.fatal, .abortable])
    func aCommitOfUnknownOutcomeThatStandsIsNotSentAgain(kind: TransactionFailure.Kind) throws {
        let runner = makeRunner()
        _ = try runner.open {}
        let first = commit(1)
        producer.failures["commit"] = [kind]
        journal.records.append(Array(first.journalRecord.bytes))
        // The runner opened before the record came, so it reads from the end of then.
        #expect(try runner.run(first) == 0)
        #expect(producer.calls == ["reset", "begin", "produce", "offsets 0", "commit", "reset"])
    }

    @Test func aCommitOfUnknownOutcomeThatDoesNotStandIsSentAgain() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        let first = commit(1)
        producer.failures["commit"] = [.fatal]
        standsWhenCommitted(first)
        #expect(try runner.run(first) == 0)
        #expect(
            producer.calls == [
                "reset", "begin", "produce", "offsets 0", "commit", "reset", "begin", "produce", "offsets 0", "commit",
            ])
    }

    @Test func aJournalThatCanNotBeReadToItsEndDecidesNothing() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        let first = commit(1)
        producer.failures["commit"] = [.fatal]
        journal.records.append(Array(first.journalRecord.bytes))
        journal.outages = 2
        journal.readableEnds = [0, nil]
        #expect(try runner.run(first) == 0)
        #expect(producer.calls.last == "reset", "nothing was sent again")
    }

    @Test func anothersRecordEndsTheLead() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        let first = commit(1)
        standsWhenCommitted(first)
        _ = try runner.run(first)
        journal.records.append(Array(commit(2, previous: .zero).journalRecord.bytes))
        producer.failures["commit"] = [.fatal]
        #expect(throws: LeadershipLost.self) { try runner.run(commit(2, previous: first.chain)) }
        #expect(producer.calls.last == "reset")
    }

    @Test func nobodyIsFencedWithoutAProof() throws {
        let runner = makeRunner()
        proof.answers = [.unanswered, .unanswered, .leads]
        var waits = 0
        _ = try runner.open { waits += 1 }
        #expect(waits == 2)
        #expect(producer.calls == ["reset"])

        producer.calls = []
        producer.failures["produce"] = [.fatal]
        // Each attempt asks anew.
        producer.failures["reset"] = [.retriable, .retriable]
        proof.answers = [.leads, .leads, .refused("gone")]
        #expect(throws: LeadershipLost(reason: "gone")) { try runner.run(commit(1)) }
        #expect(producer.calls == ["begin", "produce", "reset", "reset"])
    }

    @Test func aLostLeadIsNotOpened() throws {
        proof.answers = [.refused("gone")]
        let runner = makeRunner()
        #expect(throws: LeadershipLost(reason: "gone")) { try runner.open {} }
        #expect(producer.calls.isEmpty)
    }

    @Test func anElectionIsWaitedFor() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        proof.elections = [false, false, true]
        let first = commit(1)
        standsWhenCommitted(first)
        #expect(try runner.run(first) == 0)
        proof.elections = [false]
        proof.answers = [.refused("gone")]
        #expect(throws: LeadershipLost(reason: "gone")) { try runner.run(commit(2)) }
    }

    @Test func aProducerThatCanNeverBeHadIsGivenUp() throws {
        let runner = makeRunner(pauses: .max)
        _ = try runner.open {}
        producer.failures["begin"] = [.fatal]
        producer.failures["reset"] = Array(repeating: .fatal, count: TransactionRunner.hopelessMax - 1)
        #expect(throws: TransactionFailure(.fatal, "as written")) { try runner.run(commit(1)) }

        // An outage is no reason.
        producer.failures = ["begin": [.fatal], "reset": Array(repeating: .retriable, count: 2000)]
        let first = commit(1)
        standsWhenCommitted(first)
        #expect(try runner.run(first) == 0)
    }

    @Test func aCommitThatIsAlwaysRefusedIsGivenUp() throws {
        let runner = makeRunner(pauses: .max)
        _ = try runner.open {}
        producer.failures["produce"] = Array(repeating: .abortable, count: TransactionRunner.hopelessMax)
        #expect(throws: TransactionFailure(.abortable, "as written")) { try runner.run(commit(1)) }
    }

    @Test func aTransactionThatIsGivenUpIsSentAgainWhole() throws {
        let runner = makeRunner()
        _ = try runner.open {}
        producer.failures["offsets 0"] = [.retriable, .abortable]
        producer.failures["abort"] = [.retriable]
        let first = commit(1)
        standsWhenCommitted(first)
        _ = try runner.run(first)
        #expect(
            producer.calls == [
                "reset", "begin", "produce", "offsets 0", "offsets 0", "abort", "abort", "begin", "produce",
                "offsets 0", "commit",
            ])
    }
}
