import CRdKafka
import Streaming
import Synchronization

/// What the commit thread sees of the group.
///
/// Unchecked because librdkafka's handles are safe from any thread; which one is asked is guarded by a lock.
final class GroupProof: LeadershipProof, @unchecked Sendable {
    private let held = Mutex<GroupMembership?>(nil)
    private let journal: String
    private let partition: Int32
    /// Held while a question is under way: a client must not be closed then.
    private let asking = Mutex<Void>(())
    // Guarded by `asking`.
    private var client: KafkaClient

    init(_ client: KafkaClient, journal: String, partition: Int32) {
        self.client = client
        self.journal = journal
        self.partition = partition
    }

    var membership: (any Membership)? { held.withLock { $0 } }

    func hold(_ membership: GroupMembership?) { held.withLock { $0 = membership } }

    /// Asks another member from now on, and closes the one before.
    func replace(with other: KafkaClient) {
        asking.withLock { _ in
            client.close(deadlineMilliseconds: 0)
            client = other
        }
    }

    func prove(journalPosition: Int64) -> ProofAnswer {
        asking.withLock { _ in
            guard held.withLock({ $0 != nil }), let queue = try? client.newQueue() else { return .unanswered }
            let list = PartitionList(capacity: 1)
            list.add(journal, partition, offset: max(0, journalPosition))
            let sent = rd_kafka_commit_queue(client.handle, list.handle, queue.handle, nil, nil)
            guard sent == RD_KAFKA_RESP_ERR_NO_ERROR, let event = rd_kafka_queue_poll(queue.handle, 2_000) else {
                return .unanswered
            }
            defer { rd_kafka_event_destroy(event) }
            // A generation or session that is over, or another member of this instance id: the learner thread hears of
            // it too, and finds out who leads.
            guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else { return .unanswered }
            return held.withLock { $0 != nil } ? .leads : .unanswered
        }
    }
}
