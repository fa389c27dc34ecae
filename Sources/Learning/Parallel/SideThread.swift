import Foundation

/// A thread that does one thing beside its caller, who waits for both.
///
/// Nothing of what is done may depend on which is done first, unless the two wait for each other. Owned by one thread; a call
/// allocates nothing.
package final class SideThread {
    private struct State: ~Copyable {
        var isDue = false
        var isDone = false
        var isStopping = false
    }

    /// Unchecked because the caller waits for the end of each call; meanwhile neither writes what the other reads, but for what a
    /// lock hands over (`ChunkRelay`).
    private struct Task: @unchecked Sendable {
        let call: () -> Void
    }

    private let monitor = Monitor(State())
    private let task: Task
    private var hasStarted = false

    /// Whether there is a core for it.
    package static let isUseful = ProcessInfo.processInfo.activeProcessorCount > 1

    private let name: String

    /// - Parameters:
    ///   - name: The thread's, as the system's tools show it.
    ///   - call: What the thread does each time.
    package init(_ name: String, _ call: @escaping () -> Void) {
        self.name = name
        task = Task(call: call)
    }

    deinit { monitor.change { $0.isStopping = true } }

    /// Calls `body` here and the task on the thread, and returns after both.
    package func both(_ body: () -> Void) {
        start()
        monitor.change { state in
            state.isDone = false
            state.isDue = true
        }
        body()
        monitor.wait { $0.isDone }
    }

    private func start() {
        if hasStarted { return }
        hasStarted = true
        let thread = Thread { [monitor, task] in
            var goesOn = true
            while goesOn {
                monitor.wait { $0.isDue || $0.isStopping }
                monitor.change { state in
                    goesOn = state.isDue
                    state.isDue = false
                }
                if !goesOn { return }
                task.call()
                monitor.change { $0.isDone = true }
            }
        }
        thread.name = name
        thread.start()
    }
}
