import Foundation

/// A thread that does one thing beside its caller, who waits for both.
///
/// Nothing of what is done may depend on which is done first. Owned by one thread.
public final class SideThread {
    private struct State: ~Copyable {
        var body: Body?
        var isDone = false
        var isStopping = false
    }

    /// Unchecked because the caller waits for the end of the call, so nothing of his is used after he goes on.
    private struct Body: @unchecked Sendable {
        let call: () -> Void
    }

    private let monitor = Monitor(State())
    private var hasStarted = false

    /// Whether there is a core for it.
    public static let isUseful = ProcessInfo.processInfo.activeProcessorCount > 1

    public init() {}

    deinit { monitor.change { $0.isStopping = true } }

    /// Calls both, `second` on this thread, and returns after both.
    public func both(_ first: () -> Void, _ second: () -> Void) {
        start()
        withoutActuallyEscaping(second) { second in
            let body = Body(call: second)
            monitor.change { state in
                state.isDone = false
                state.body = body
            }
            first()
            monitor.wait { $0.isDone ? true : nil }
        }
    }

    private func start() {
        if hasStarted { return }
        hasStarted = true
        let thread = Thread { [monitor] in
            while Self.callNext(monitor) { monitor.change { $0.isDone = true } }
        }
        thread.name = "side"
        thread.start()
    }

    /// Waits for the next thing to do and does it; false when the thread is to end. It keeps nothing of it: the caller goes on
    /// as soon as he is told that it is done.
    private static func callNext(_ monitor: Monitor<State>) -> Bool {
        var body: Body?
        monitor.wait { state in
            body = state.body.take()
            return body != nil || state.isStopping ? true : nil
        }
        body?.call()
        return body != nil
    }
}
