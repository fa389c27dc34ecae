import Foundation
import Kafka
import Synchronization

/// Reads the `recommendations` topic on a thread of its own, from its end as of the start.
final class ListReader: Sendable {
    private let received = Atomic<Int>(0)
    private let shouldStop = Atomic<Bool>(false)
    private let ready = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let failure = Mutex<(any Error)?>(nil)

    /// Starts the thread, which calls `handler` with every list; returns when it reads.
    init(
        _ configuration: KafkaConfiguration, topics: KafkaTopics,
        handler: @escaping @Sendable (KafkaTopicReader.BorrowedRecord) -> Void
    ) throws {
        let thread = Thread { [self] in
            do {
                let reader = try KafkaTopicReader(configuration, topic: topics.recommendations, from: .end)
                ready.signal()
                while !shouldStop.load(ordering: .relaxed) {
                    let count = try reader.poll(waitMilliseconds: 50, handler)
                    if count > 0 { received.wrappingAdd(count, ordering: .releasing) }
                }
            } catch {
                failure.withLock { $0 = error }
                ready.signal()
            }
            ended.signal()
        }
        thread.name = "lists"
        thread.start()
        ready.wait()
        try rethrow()
    }

    /// Lists handed to the handler so far.
    var count: Int { received.load(ordering: .acquiring) }

    /// Ends the thread, and throws what went wrong on it.
    func stop() throws {
        shouldStop.store(true, ordering: .relaxed)
        ended.wait()
        ended.signal()
        try rethrow()
    }

    private func rethrow() throws {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
