import Foundation

/// A thread that works beside its caller, who waits for both.
///
/// Nothing of what is done may depend on which is done first, unless the two wait for each other. Owned by one thread; a call
/// allocates nothing.
package final class SideThread<Work> {
    private struct State: ~Copyable {
        var due: Handed<Work>?
        var isDone = false
        var isStopping = false
    }

    /// Unchecked because the caller waits for the end of each call; meanwhile neither writes what the other reads, but for what a
    /// lock hands over (`BatchSchedule`).
    private struct Handed<Value>: @unchecked Sendable {
        let value: Value
    }

    private let name: String
    private let task: Handed<(Work) -> Void>
    private let monitor = Monitor(State())
    private var hasStarted = false

    /// - Parameters:
    ///   - name: The thread's, as the system's tools show it.
    ///   - task: What the thread does each time.
    package init(_ name: String, _ task: @escaping (Work) -> Void) {
        self.name = name
        self.task = Handed(value: task)
    }

    deinit { monitor.change { $0.isStopping = true } }

    /// Calls `body` here and the task with `work` on the thread, and returns after both.
    package func both(_ work: Work, _ body: () -> Void) {
        start()
        let handed = Handed(value: work)
        monitor.change { state in
            state.isDone = false
            state.due = handed
        }
        body()
        monitor.wait { $0.isDone }
    }

    private func start() {
        if hasStarted { return }
        hasStarted = true
        let thread = Thread { [monitor, task] in
            func next() -> Handed<Work>? {
                monitor.wait { $0.due != nil || $0.isStopping }
                var work: Handed<Work>?
                monitor.change { state in
                    work = state.due
                    state.due = nil
                }
                return work
            }
            while let work = next() {
                task.value(work.value)
                monitor.change { $0.isDone = true }
            }
        }
        thread.name = name
        thread.start()
    }
}

package enum SecondCore {
    /// Whether there is one for a `SideThread`.
    package static let isThere = ProcessInfo.processInfo.activeProcessorCount > 1
}
