import Foundation
import Synchronization
import Testing

@testable import Learning

struct BatchScheduleTests {
    /// What two threads learnt, in the order in which they began.
    private struct Chunks {
        var ranked: [Int] = []
        var blended: [Int] = []
        var starred: [Int] = []
        var starsAtWork = 0
        var mostAhead = 0
        var mostStarsAtWork = 0
    }

    /// One of the three takes longer than the others, so that each kind of waiting comes up.
    @Test(arguments: [0, 1, 2, 3], [1, 3, 7, 60])
    func `Each part learns each chunk once, in order, and the ranking head is never too far ahead`(
        slow: Int, chunkCount: Int
    ) throws {
        let slotCount = 4
        let schedule = BatchSchedule(slotCount: slotCount)
        for _ in 0..<3 {
            let chunks = Mutex(Chunks())
            schedule.begin(chunkCount: chunkCount)
            @Sendable func perform(_ step: BatchSchedule.Step) {
                chunks.withLock { chunks in
                    switch step {
                    case .ranking(let chunk): chunks.ranked.append(chunk)
                    case .blend(let chunk): chunks.blended.append(chunk)
                    case .stars(let chunk):
                        chunks.starred.append(chunk)
                        chunks.starsAtWork += 1
                    }
                    chunks.mostAhead = max(chunks.mostAhead, chunks.ranked.count - chunks.blended.count)
                    chunks.mostStarsAtWork = max(chunks.mostStarsAtWork, chunks.starsAtWork)
                }
                let part = if case .ranking = step { 1 } else if case .blend = step { 2 } else { 3 }
                if part == slow { usleep(300) }
                if case .stars = step { chunks.withLock { $0.starsAtWork -= 1 } }
            }
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                var step: BatchSchedule.Step?
                while let next = schedule.follow(after: step) {
                    perform(next)
                    step = next
                }
                done.signal()
            }
            var step: BatchSchedule.Step?
            while let next = schedule.lead(after: step) {
                perform(next)
                step = next
            }
            done.wait()
            let learnt = chunks.withLock { $0 }
            let all = Array(0..<chunkCount)
            #expect(learnt.ranked == all && learnt.blended == all && learnt.starred == all)
            // A chunk that the blend is learning is in its slot until it is done.
            #expect(learnt.mostAhead <= slotCount)
            #expect(learnt.mostStarsAtWork == 1)
        }
    }
}
