import Testing

@testable import Streaming

@Suite struct CommitCycleTests {
    @Test func aCommitIsJournaledAfterItsListsAndInOrder() throws {
        var cycle = CommitCycle(journaledEpoch: 4)
        #expect(cycle.next() == .wait)
        cycle.seal(epoch: 5, outputs: 3)
        cycle.seal(epoch: 6, outputs: 1)
        #expect(cycle.next() == .wait)
        try cycle.apply(.delivered(epoch: 6, count: 1))
        #expect(cycle.next() == .wait, "the one before is not delivered")
        try cycle.apply(.delivered(epoch: 5, count: 2))
        #expect(cycle.next() == .wait)
        try cycle.apply(.delivered(epoch: 5, count: 1))
        #expect(cycle.next() == .appendJournalRecord(epoch: 5))
        #expect(cycle.next() == .appendJournalRecord(epoch: 6))
        #expect(cycle.next() == .wait, "each is appended once")
        #expect(cycle.journaledEpoch == 4)
        try cycle.apply(.journaled(epoch: 5, offset: 70))
        #expect(cycle.journaledEpoch == 5)
        try cycle.apply(.journaled(epoch: 6, offset: 71))
        #expect(cycle.journaledEpoch == 6)
        #expect(cycle.waitingCount == 0)
    }

    @Test func aCommitWithoutListsIsJournaledAtOnce() throws {
        var cycle = CommitCycle(journaledEpoch: 0)
        cycle.seal(epoch: 1, outputs: 0)
        #expect(cycle.next() == .appendJournalRecord(epoch: 1))
    }

    @Test func noMoreThanTheLimitWait() throws {
        var cycle = CommitCycle(journaledEpoch: 0)
        for epoch in 1...Int64(CommitCycle.waitingMax) {
            #expect(cycle.maySeal)
            cycle.seal(epoch: epoch, outputs: 1)
        }
        #expect(!cycle.maySeal)
        try cycle.apply(.delivered(epoch: 1, count: 1))
        #expect(!cycle.maySeal)
        #expect(cycle.next() == .appendJournalRecord(epoch: 1))
        try cycle.apply(.journaled(epoch: 1, offset: 0))
        #expect(cycle.maySeal)
    }

    @Test func reportsThatFitNothingAreViolations() throws {
        var cycle = CommitCycle(journaledEpoch: 0)
        cycle.seal(epoch: 1, outputs: 1)
        #expect(throws: CommitCycle.Violation.unexpectedDelivery(epoch: 2, count: 1)) {
            try cycle.apply(.delivered(epoch: 2, count: 1))
        }
        #expect(throws: CommitCycle.Violation.unexpectedDelivery(epoch: 1, count: 2)) {
            try cycle.apply(.delivered(epoch: 1, count: 2))
        }
        #expect(throws: CommitCycle.Violation.unexpectedJournalReport(epoch: 1)) {
            try cycle.apply(.journaled(epoch: 1, offset: 0))
        }
        try cycle.apply(.delivered(epoch: 1, count: 1))
        #expect(throws: CommitCycle.Violation.unexpectedJournalReport(epoch: 1)) {
            try cycle.apply(.journaled(epoch: 1, offset: 0))
        }
    }

    @Test func paceAnswersALoneRatingAtOnceAndWaitsWithManyLists() {
        var pace = CommitPace()
        pace.sealed(lists: 1, records: 1, began: 0, ended: 12_000)
        #expect(pace.waitMilliseconds(lists: 1, now: 20_000) == 0)
        #expect(pace.waitMilliseconds(lists: 500, now: 20_000) > 5)
        #expect(pace.waitMilliseconds(lists: 500, now: 60_000_000) == 0)
        #expect(pace.waitMilliseconds(lists: 1_000_000, now: 20_000) <= 51)
    }
}
