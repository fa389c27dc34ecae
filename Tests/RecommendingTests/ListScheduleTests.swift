import Foundation
import Synchronization
import Testing

@testable import Recommending

struct ListScheduleTests {
    private struct Done {
        var searched: [Range<Int>] = []
        var made: [Range<Int>] = []
        var wasEarly = false
    }

    /// A slow search or slow lists, so that each thread has to wait for the other; or a search that fails.
    @Test(arguments: [0, 1, 2], [1, 16, 64, 65, 200, 256])
    func `Each user is searched for once, then listed once, on either thread`(slow: Int, userCount: Int) {
        let schedule = ListSchedule(usersPerSearch: 64, usersPerStep: 16)
        for failsAt in [Int.max, 64] {
            let done = Mutex(Done())
            schedule.begin(userCount: userCount)
            @Sendable func make(_ places: Range<Int>) {
                done.withLock { done in
                    done.made.append(places)
                    let found = done.searched.last?.upperBound ?? 0
                    if places.upperBound > found { done.wasEarly = true }
                }
                if slow == 2 { usleep(200) }
            }
            let end = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                while let places = schedule.follow() { make(places) }
                end.signal()
            }
            var hasFailed = false
            while !hasFailed, let step = schedule.lead() {
                switch step {
                case .search(let places) where places.lowerBound >= failsAt:
                    schedule.giveUp()
                    hasFailed = true
                case .search(let places):
                    if slow == 1 { usleep(200) }
                    done.withLock { $0.searched.append(places) }
                    schedule.found(places)
                case .make(let places): make(places)
                }
            }
            end.wait()
            let (searched, made, wasEarly) = done.withLock { ($0.searched, $0.made, $0.wasEarly) }
            #expect(!wasEarly)
            #expect(searched.flatMap(Array.init) == Array(0..<min(userCount, failsAt)))
            #expect(searched.allSatisfy { $0.count <= 64 } && made.allSatisfy { $0.count <= 16 })
            // After a failure what was found is listed, or not: nobody reads it.
            #expect(made.flatMap(Array.init).sorted() == Array(0..<min(userCount, failsAt)))
        }
    }
}
