import Foundation

/// A thread that does one thing beside its caller, who waits for both.
///
/// Nothing of what is done may depend on which is done first. Owned by one thread; a call allocates nothing.
public final class SideThread {
    private struct State: ~Copyable {
        var isDue = false
        var isDone = false
        var isStopping = false
    }

    /// Unchecked because the caller waits for the end of each call, and touches nothing of what it uses meanwhile.
    private struct Task: @unchecked Sendable {
        let call: () -> Void
    }

    private let monitor = Monitor(State())
    private let task: Task
    private var hasStarted = false

    /// Whether there is a core for it.
    public static let isUseful = ProcessInfo.processInfo.activeProcessorCount > 1

    /// - Parameter call: What the thread does each time.
    public init(_ call: @escaping () -> Void) { task = Task(call: call) }

    deinit { monitor.change { $0.isStopping = true } }

    /// Calls `body` here and the task on the thread, and returns after both.
    public func both(_ body: () -> Void) {
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
        thread.name = "side"
        thread.start()
    }
}
