import Foundation

/// State behind a lock, with a condition: who waits looks at it again after every change (Hoare, "Monitors: An Operating System
/// Structuring Concept", 1974).
final class Monitor<State: ~Copyable>: Sendable {
    private let condition = NSCondition()
    // Guarded by `condition`.
    private nonisolated(unsafe) var state: State

    init(_ state: consuming sending State) { self.state = state }

    /// Changes the state and lets those who wait look.
    func change(_ body: (inout State) -> Void) {
        condition.lock()
        body(&state)
        condition.broadcast()
        condition.unlock()
    }

    /// Waits until it holds.
    func wait(_ condition: (borrowing State) -> Bool) {
        self.condition.lock()
        // No access to the state outlasts the wait: others change it meanwhile.
        while !condition(state) { self.condition.wait() }
        self.condition.unlock()
    }

    /// Waits until `body`, which may change the state then, gives a value.
    func waitFor<Value>(_ body: (inout State) -> Value?) -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = body(&state) { return value }
            condition.wait()
        }
    }
}
