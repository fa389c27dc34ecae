/// Carries one commit after the other through `TransactionCycle`, call by call.
///
/// Owned by the commit thread.
public final class TransactionRunner {
    private let producer: any TransactionalProducer
    private let proof: any LeadershipProof
    private let journal: any JournalLog
    /// Lets a moment pass before the same call is made again; throws to give up.
    private let pause: () throws -> Void
    /// The newest commit that stands in the journal.
    private var last: (epoch: Int64, chain: Chain, offset: Int64)?
    /// Whether a transaction with the generation stands since the producer was made. Until then each holds it: between the
    /// proof of the lead and the making another may have been elected, whom the making fenced.
    private var isGenerationProven = false
    /// Where the journal is read from after trouble.
    private var journalPosition: Int64 = 0
    /// Calls for this commit that failed in a way that no broker's absence explains.
    private var hopelessCount = 0
    /// With a pause between two, about half a minute; and an hour when each waits for a broker.
    static let hopelessMax = 600
    /// Lines worth a log.
    public var notice: (String) -> Void = { _ in }

    public init(
        producer: any TransactionalProducer, proof: any LeadershipProof, journal: any JournalLog,
        pause: @escaping () throws -> Void
    ) {
        self.producer = producer
        self.proof = proof
        self.journal = journal
        self.pause = pause
    }

    /// Fences who led before and ends his open transaction; returns the journal's end after that.
    ///
    /// - Throws: `LeadershipLost`, `TransactionFailure` when no producer can be had, what the journal and `whileWaiting`
    ///   throw.
    public func open(whileWaiting: () throws -> Void) throws -> Int64 {
        journalPosition = try journal.bounds().upperBound
        while true {
            // Who was held since it was elected must not fence whoever was elected meanwhile.
            switch proof.prove(journalPosition: journalPosition) {
            case .refused(let reason): throw LeadershipLost(reason: reason)
            case .unanswered: break
            case .leads:
                do throws(TransactionFailure) {
                    try producer.reset()
                    journalPosition = try journalEndNow()
                    return journalPosition
                } catch {
                    notice("could not take the transactional id yet: \(error)")
                    try count(hopeless: error)
                }
            }
            try whileWaiting()
            try pause()
        }
    }

    /// Publishes a commit and returns the offset of its journal record, once that is certain.
    ///
    /// - Throws: `LeadershipLost`, `TransactionFailure` when the broker refuses it again and again, what `pause` throws.
    public func run(_ commit: SealedCommit) throws -> Int64 {
        var cycle = TransactionCycle(storesOffsets: commit.storesOffsets || !isGenerationProven)
        var membership: (any Membership)?
        hopelessCount = 0
        while true {
            switch cycle.next {
            case .begin:
                membership = proof.membership
                if membership == nil {
                    // An election is under way; its outcome decides.
                    if case .refused(let reason) = proof.prove(journalPosition: journalPosition) {
                        throw LeadershipLost(reason: reason)
                    }
                    try pause()
                    continue
                }
                try cycle.apply(
                    attempt("begin a transaction") { () throws(TransactionFailure) in try producer.begin() })
            case .produce:
                try cycle.apply(attempt("publish") { () throws(TransactionFailure) in try producer.produce(commit) })
            case .sendOffsets:
                guard let membership else { preconditionFailure("a transaction begins with a membership") }
                try cycle.apply(
                    attempt("add offsets") { () throws(TransactionFailure) in
                        try producer.sendOffsets(of: commit, journalPosition: journalPosition, membership)
                    })
            case .commit: try cycle.apply(finish())
            case .abort:
                try cycle.apply(
                    attempt("give a transaction up") { () throws(TransactionFailure) in try producer.abort() })
            case .prove: try cycle.apply(proof.prove(journalPosition: journalPosition))
            case .reset:
                isGenerationProven = false
                try cycle.apply(
                    attempt("make the producer anew") { () throws(TransactionFailure) in try producer.reset() })
            case .readJournal: try cycle.apply(journalEnd(commit))
            case .end(.lost(let reason)): throw LeadershipLost(reason: reason)
            case .end(.committed(let offset)):
                if cycle.troubleCount > 0 { notice("commit \(commit.epoch) stands after trouble") }
                if cycle.hasStoredOffsets { isGenerationProven = true }
                last = (commit.epoch, commit.chain, offset)
                journalPosition = offset
                return offset
            }
            if cycle.isRetry { try pause() }
        }
    }

    /// Asking again and again is no use where, for example, the right to publish was taken away.
    private func count(hopeless failure: TransactionFailure) throws(TransactionFailure) {
        if failure.kind == .retriable { return }
        hopelessCount += 1
        if hopelessCount >= Self.hopelessMax { throw failure }
    }

    private func journalEndNow() throws(TransactionFailure) -> Int64 {
        do {
            return try journal.bounds().upperBound
        } catch {
            throw TransactionFailure(.retriable, "the journal's end is not known: \(error)")
        }
    }

    private func attempt(
        _ doing: String, _ call: () throws(TransactionFailure) -> Void
    ) throws(TransactionFailure) -> TransactionCycle.Outcome {
        do throws(TransactionFailure) {
            try call()
            return .succeeded
        } catch {
            return try failed(doing, error)
        }
    }

    private func finish() throws(TransactionFailure) -> TransactionCycle.Outcome {
        do throws(TransactionFailure) {
            return .committed(journalOffset: try producer.commit())
        } catch {
            return try failed("commit", error)
        }
    }

    private func failed(
        _ doing: String, _ failure: TransactionFailure
    ) throws(TransactionFailure) -> TransactionCycle.Outcome {
        notice("could not \(doing): \(failure)")
        try count(hopeless: failure)
        return .failed(failure.kind)
    }

    /// Reads the journal from the newest known commit to its end. The producer was just made anew, so no transaction
    /// is open and the end is reached; nil when that could not be done now.
    private func journalEnd(_ commit: SealedCommit) throws(TransactionFailure) -> TransactionCycle.JournalEnd? {
        var newest: (epoch: Int64, chain: Chain, offset: Int64)?
        var damage: String?
        do {
            // In this order: what is read must reach an end that was told before.
            let end = try journal.bounds().upperBound
            defer { journal.rest() }
            let read = try journal.read(from: journalPosition) { offset, bytes in
                do {
                    let record = try JournalRecord(decoding: bytes)
                    newest = (record.epoch, record.chain, offset)
                } catch {
                    damage = "a record at offset \(offset) of the journal can't be read: \(error)"
                }
            }
            guard read >= end else {
                notice("the journal could be read to offset \(read) only, and it ends at \(end)")
                return nil
            }
        } catch {
            notice("could not read the journal: \(error)")
            try count(hopeless: TransactionFailure(.fatal, "the journal can't be read: \(error)"))
            return nil
        }
        if let damage { return .another(damage) }
        let chain = commit.chain
        if let newest, newest.epoch == commit.epoch, newest.chain == chain {
            return .mine(journalOffset: newest.offset)
        }
        if let newest, let last, newest.epoch == last.epoch, newest.chain == last.chain { return .before }
        // Nothing came since the start of the lead.
        if newest == nil && last == nil { return .before }
        guard let newest else { return .another("the journal ends before commit \(commit.epoch - 1)") }
        return .another("the journal ends with epoch \(newest.epoch), which another instance wrote")
    }
}
