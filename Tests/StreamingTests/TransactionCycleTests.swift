import Testing

@testable import Streaming

/// Every answer in every state.
@Suite struct TransactionCycleTests {
    private typealias Step = TransactionCycle.Step
    private typealias Outcome = TransactionCycle.Outcome

    /// A cycle that has come to a step.
    private func cycle(at step: Step) throws -> TransactionCycle {
        var cycle = TransactionCycle()
        switch step {
        case .begin: break
        case .produce: try cycle.apply(.succeeded)
        case .sendOffsets: for _ in 0..<2 { try cycle.apply(.succeeded) }
        case .commit: for _ in 0..<3 { try cycle.apply(.succeeded) }
        case .abort:
            try cycle.apply(.succeeded)
            try cycle.apply(.failed(.abortable))
        case .prove(thenReset: false):
            cycle = try self.cycle(at: .abort)
            try cycle.apply(.succeeded)
        case .prove(thenReset: true): try cycle.apply(.failed(.fatal))
        case .reset:
            cycle = try self.cycle(at: .prove(thenReset: true))
            try cycle.apply(ProofAnswer.leads)
        case .readJournal:
            cycle = try self.cycle(at: .reset)
            try cycle.apply(.succeeded)
        case .end:
            cycle = try self.cycle(at: .commit)
            try cycle.apply(.committed(journalOffset: 7))
        }
        #expect(cycle.next == step)
        return cycle
    }

    private static let transitions: [(Step, Outcome, Step, isRetry: Bool)] = [
        (.begin, .succeeded, .produce, false),
        (.begin, .failed(.retriable), .begin, true),
        (.begin, .failed(.abortable), .prove(thenReset: true), false),
        (.begin, .failed(.fatal), .prove(thenReset: true), false),
        (.produce, .succeeded, .sendOffsets, false),
        (.produce, .failed(.retriable), .abort, false),
        (.produce, .failed(.abortable), .abort, false),
        (.produce, .failed(.fatal), .prove(thenReset: true), false),
        (.sendOffsets, .succeeded, .commit, false),
        (.sendOffsets, .failed(.retriable), .sendOffsets, true),
        (.sendOffsets, .failed(.abortable), .abort, false),
        (.sendOffsets, .failed(.fatal), .prove(thenReset: true), false),
        (.commit, .committed(journalOffset: 7), .end(.committed(journalOffset: 7)), false),
        (.commit, .failed(.retriable), .commit, true),
        (.commit, .failed(.abortable), .prove(thenReset: true), false),
        (.commit, .failed(.fatal), .prove(thenReset: true), false),
        (.abort, .succeeded, .prove(thenReset: false), true),
        (.abort, .failed(.retriable), .abort, true),
        (.abort, .failed(.abortable), .prove(thenReset: true), false),
        (.abort, .failed(.fatal), .prove(thenReset: true), false),
        (.reset, .succeeded, .readJournal, false),
        (.reset, .failed(.retriable), .prove(thenReset: true), true),
        (.reset, .failed(.abortable), .prove(thenReset: true), true),
        (.reset, .failed(.fatal), .prove(thenReset: true), true),
    ]

    @Test func everyOutcomeOfACallLeadsWhereTheDrawingSays() throws {
        for (step, outcome, next, isRetry) in Self.transitions {
            var cycle = try cycle(at: step)
            try cycle.apply(outcome)
            #expect(cycle.next == next, "\(step), \(outcome)")
            #expect(cycle.isRetry == isRetry, "\(step), \(outcome)")
        }
    }

    @Test func everyOtherOutcomeIsAViolation() throws {
        let outcomes: [Outcome] = [
            .succeeded, .committed(journalOffset: 1), .failed(.retriable), .failed(.abortable), .failed(.fatal),
        ]
        let steps: [Step] = [
            .begin, .produce, .sendOffsets, .commit, .abort, .prove(thenReset: false), .prove(thenReset: true), .reset,
            .readJournal, .end(.committed(journalOffset: 7)),
        ]
        for step in steps {
            for outcome in outcomes
            where !Self.transitions.contains(where: { $0.0 == step && isSameKind($0.1, outcome) }) {
                var cycle = try cycle(at: step)
                #expect(throws: TransactionCycle.Violation(step: step), "\(step), \(outcome)") {
                    try cycle.apply(outcome)
                }
            }
            if case .prove = step { continue }
            var cycle = try cycle(at: step)
            #expect(throws: TransactionCycle.Violation(step: step)) { try cycle.apply(ProofAnswer.leads) }
            if step == .readJournal { continue }
            #expect(throws: TransactionCycle.Violation(step: step)) {
                try cycle.apply(TransactionCycle.JournalEnd.before)
            }
        }
    }

    private func isSameKind(_ left: Outcome, _ right: Outcome) -> Bool {
        if case .committed = left, case .committed = right { return true }
        return left == right
    }

    @Test func leadershipDecidesWhatComesAfterTrouble() throws {
        for thenReset in [false, true] {
            let proving = try cycle(at: .prove(thenReset: thenReset))
            var leading = proving
            try leading.apply(ProofAnswer.leads)
            #expect(leading.next == (thenReset ? .reset : .begin))
            var unanswered = proving
            try unanswered.apply(ProofAnswer.unanswered)
            #expect(unanswered.next == .prove(thenReset: thenReset))
            #expect(unanswered.isRetry)
            var refused = proving
            try refused.apply(ProofAnswer.refused("gone"))
            #expect(refused.next == .end(.lost("gone")))
        }
    }

    @Test func theJournalDecidesWhetherTheSameBytesAreSentAgain() throws {
        let reading = try cycle(at: .readJournal)
        var mine = reading
        try mine.apply(TransactionCycle.JournalEnd.mine(journalOffset: 9))
        #expect(mine.next == .end(.committed(journalOffset: 9)))
        var before = reading
        try before.apply(TransactionCycle.JournalEnd.before)
        #expect(before.next == .begin)
        #expect(before.isRetry)
        var another = reading
        try another.apply(TransactionCycle.JournalEnd.another("its"))
        #expect(another.next == .end(.lost("its")))
        var unread = reading
        try unread.apply(TransactionCycle.JournalEnd?.none)
        #expect(unread.next == .readJournal)
        #expect(unread.isRetry)
    }

    @Test func offsetsThatAreNotDueAreSentAfterTroubleOnly() throws {
        var quiet = TransactionCycle(storesOffsets: false)
        try quiet.apply(.succeeded)
        try quiet.apply(.succeeded)
        #expect(quiet.next == .commit)
        #expect(!quiet.hasStoredOffsets)
        try quiet.apply(.failed(.fatal))
        try quiet.apply(ProofAnswer.leads)
        try quiet.apply(.succeeded)
        try quiet.apply(TransactionCycle.JournalEnd.before)
        try quiet.apply(.succeeded)
        try quiet.apply(.succeeded)
        #expect(quiet.next == .sendOffsets)
        try quiet.apply(.succeeded)
        #expect(quiet.hasStoredOffsets)
    }

    @Test func troubleIsCounted() throws {
        #expect(try cycle(at: .commit).troubleCount == 0)
        #expect(try cycle(at: .readJournal).troubleCount == 1)
    }
}
