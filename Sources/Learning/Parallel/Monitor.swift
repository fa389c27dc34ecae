import Foundation

/// State behind a lock, with a condition: who waits looks at it again after every change (Hoare, "Monitors: An Operating System
/// Structuring Concept", 1974).
package final class Monitor<State: ~Copyable>: Sendable {
    private let condition = NSCondition()
    // Guarded by `condition`.
    private nonisolated(unsafe) var state: State

    package init(_ state: consuming sending State) { self.state = state }

    /// Changes the state and lets those who wait look.
    @discardableResult
    package func change<Value>(_ body: (inout State) -> Value) -> Value {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return body(&state)
    }

    /// Waits until it holds.
    package func wait(_ condition: (borrowing State) -> Bool) {
        self.condition.lock()
        // No access to the state outlasts the wait: others change it meanwhile.
        while !condition(state) { self.condition.wait() }
        self.condition.unlock()
    }

    /// Waits until `body`, which may change the state then, gives a value.
    package func waitFor<Value>(_ body: (inout State) -> Value?) -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = body(&state) { return value }
            condition.wait()
        }
    }
}
