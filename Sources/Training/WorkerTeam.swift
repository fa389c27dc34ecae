import COpenBLAS
import Foundation
import Synchronization

/// A few threads that go through the same steps together, each on its own part of the work.
///
/// What a worker does depends on its number alone, so the same number of workers gives the same result.
final class WorkerTeam: Sendable {
    let count: Int
    private let arrived = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let released = NSCondition()
    /// A step takes some ten microseconds: so long it is cheaper to look again than to sleep.
    private static let looksMax = 4000

    init(count: Int) {
        precondition(count >= 1)
        self.count = count
        // Threads of its own would fight with the team for the cores.
        openblas_set_num_threads(1)
    }

    /// Runs `body` once for each worker, the calling thread being worker 0; returns when all are done.
    func run(_ body: @escaping @Sendable (_ worker: Int) -> Void) {
        let group = DispatchGroup()
        for worker in 1..<max(1, count) {
            group.enter()
            Thread.detachNewThread {
                body(worker)
                group.leave()
            }
        }
        body(0)
        group.wait()
    }

    /// Waits until all workers are here. What each wrote before, all see after.
    func meet() {
        if count == 1 { return }
        let current = generation.load(ordering: .acquiring)
        if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.store(0, ordering: .relaxed)
            released.lock()
            generation.store(current + 1, ordering: .releasing)
            released.broadcast()
            released.unlock()
            return
        }
        for _ in 0..<Self.looksMax where generation.load(ordering: .acquiring) != current { return }
        // Another process has the core that a worker needs: it may have this one.
        released.lock()
        while generation.load(ordering: .acquiring) == current { released.wait() }
        released.unlock()
    }

    /// The worker's part of `total` things.
    func part(of total: Int, worker: Int) -> Range<Int> {
        total * worker / count..<total * (worker + 1) / count
    }
}
