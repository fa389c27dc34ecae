import Foundation
import Synchronization
import Testing

@testable import Streaming

@Suite struct JournalTrimmerTests {
    private final class ModelTrim: JournalTrim {
        let calls = Mutex<[[Int64]]>([])
        let called = DispatchSemaphore(value: 0)

        func trim(olderThanMilliseconds time: Int64, before offset: Int64) throws {
            calls.withLock { $0.append([time, offset]) }
            called.signal()
        }
    }

    private static let hour: UInt64 = 3_600_000_000_000

    @Test func nothingPastTheOlderCheckpointAndNotMoreOftenThanOnceAnHour() {
        let trim = ModelTrim()
        let trimmer = JournalTrimmer(trim, keptMilliseconds: 1000, notice: { _ in })
        func calls() -> [[Int64]] {
            // Nothing comes where nothing is asked for, which only time could tell: the next call shows it.
            trim.calls.withLock { $0 }
        }
        trimmer.note(checkpoint: 10, journalOffset: 21)
        // Of the checkpoint of epoch 5 it is not known where it stands.
        trimmer.trimIfDue(kept: [10, 5], nowNanoseconds: 0, nowMilliseconds: 5000)
        trimmer.note(checkpoint: 14, journalOffset: 29)
        trimmer.trimIfDue(kept: [14, 10], nowNanoseconds: 1, nowMilliseconds: 6000)
        #expect(trim.called.wait(timeout: .now() + 10) == .success)
        #expect(calls() == [[5000, 21]])
        trimmer.note(checkpoint: 20, journalOffset: 41)
        trimmer.trimIfDue(kept: [20, 14], nowNanoseconds: Self.hour, nowMilliseconds: 7000)
        trimmer.trimIfDue(kept: [20, 14], nowNanoseconds: Self.hour + 1, nowMilliseconds: 8000)
        #expect(trim.called.wait(timeout: .now() + 10) == .success)
        #expect(calls() == [[5000, 21], [7000, 29]])
        // Without a checkpoint the journal is all there is.
        trimmer.trimIfDue(kept: [], nowNanoseconds: 3 * Self.hour, nowMilliseconds: 9000)
        trimmer.trimIfDue(kept: [20], nowNanoseconds: 4 * Self.hour, nowMilliseconds: 9500)
        #expect(trim.called.wait(timeout: .now() + 10) == .success)
        #expect(calls() == [[5000, 21], [7000, 29], [8500, 41]])
    }
}
