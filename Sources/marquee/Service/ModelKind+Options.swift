import CommandLineOptions
import Learning
import Streaming

/// Which model learns, as the options of a command have it.
extension ModelKind {
    /// By `--model FILE`.
    init(_ invocation: Invocation) {
        self = invocation.string(ifSet: "model").map { .fusion(file: $0) } ?? .twoHeads
    }

    /// A learner before its first event.
    static func learner(_ invocation: Invocation) throws -> Learner {
        Learner(
            model: try ModelKind(invocation).makeModel(), batchCapacity: StreamLimits.batchRecordsMax,
            eviction: Eviction(invocation))
    }
}

extension Eviction {
    /// By `--evict-after EVENTS`.
    init(_ invocation: Invocation) {
        self.init(afterEvents: invocation.int(ifSet: "evict-after").map { Int64($0) })
    }
}
