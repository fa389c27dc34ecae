import CRdKafka
import Streaming
import Synchronization

/// A static member of the cell's consumer group that subscribes to the journal and reads nothing of it: the partitions stay
/// paused, and only their assignment counts.
///
/// Owned by the learner thread, but for what `GroupProof` asks its client.
final class GroupMember {
    let client: KafkaClient
    private let topics: KafkaTopics
    private let clientID: String
    private let queue: QueueHandle
    private let rebalances: Rebalances
    /// Whether a later member took its instance id: this one can do nothing more.
    private(set) var isFenced = false

    /// - Parameters:
    ///   - instanceID: the same after a restart; no other instance has it.
    ///   - clientID: tells this process's members from those of any other.
    init(_ configuration: KafkaConfiguration, topics: KafkaTopics, instanceID: String, clientID: String) throws {
        self.topics = topics
        self.clientID = clientID
        let properties = try configuration.propertySet(
            defaults: [
                ("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "300"), ("max.poll.interval.ms", "30000"),
                ("allow.auto.create.topics", "false"), ("queued.min.messages", "1"),
                ("fetch.message.max.bytes", "1024"), ("retry.backoff.ms", "20"),
            ],
            required: [
                ("group.id", topics.applicationID), ("group.instance.id", instanceID), ("client.id", clientID),
                ("partition.assignment.strategy", "range"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("auto.offset.reset", "latest"),
                // It reads no records; but by this, asking for the group's offsets would wait for every transaction that
                // holds some, a dead leader's too, and give up before that one times out.
                ("isolation.level", "read_uncommitted"),
            ])
        let events = ClientEvents(log: configuration.log)
        let rebalances = Rebalances()
        self.rebalances = rebalances
        events.installRebalance(in: properties.handle) { rebalance in
            rebalances.waiting.withLock { $0.append(rebalance) }
        }
        ClientEvents.installCommitReports(in: properties.handle)
        client = try KafkaClient(.consumer, properties, configuration, events: events)
        rd_kafka_poll_set_consumer(client.handle)
        queue = try client.consumerQueue()
    }

    /// From now on what comes raises the signal.
    func signal(_ signal: WakeSignal) { queue.raise(signal) }

    func join() throws {
        let list = PartitionList(capacity: 1)
        list.add(topics.journal, Int32(MARQUEE_PARTITION_UNASSIGNED), offset: -1)
        let code = rd_kafka_subscribe(client.handle, list.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "join the group '\(topics.applicationID)'")
        }
    }

    /// Takes what has come: elections, and the end of this member.
    func poll(waitMilliseconds: Int32 = 0) -> [KafkaRebalance] {
        var wait = waitMilliseconds
        while let message = rd_kafka_consumer_poll(client.handle, wait) {
            wait = 0
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__FATAL: isFenced = true
            default: break
            }
            rd_kafka_message_destroy(message)
        }
        return rebalances.take()
    }

    /// Takes an assignment, and returns what proves it.
    func accept(_ rebalance: KafkaRebalance) throws -> GroupMembership {
        let list = PartitionList(capacity: max(1, rebalance.partitions.count))
        for number in rebalance.partitions { list.add(topics.journal, number, offset: Int64(RD_KAFKA_OFFSET_END)) }
        rd_kafka_assign(client.handle, list.handle)
        rd_kafka_pause_partitions(client.handle, list.handle)
        guard let metadata = rd_kafka_consumer_group_metadata(client.handle) else {
            throw KafkaFailure(RD_KAFKA_RESP_ERR__STATE, operation: "read the group's generation")
        }
        return GroupMembership(owning: metadata)
    }

    /// Gives the partitions back; after that librdkafka joins again.
    func unassign() throws {
        let code = rd_kafka_assign(client.handle, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "give the journal partition back")
        }
    }

    /// Leaves the group, so that another may lead at once.
    func leave() {
        // Closing alone would leave a static member in the group until its session ends; unsubscribing leaves it.
        rd_kafka_unsubscribe(client.handle)
        let deadline = Deadline(milliseconds: 1_000)
        while !isFenced, !deadline.hasPassed {
            for rebalance in poll(waitMilliseconds: 2) where !rebalance.isAssignment {
                rd_kafka_assign(client.handle, nil)
            }
            // A close that comes before the request has gone out suppresses it.
            let known = client.members(
                ofGroup: topics.applicationID, milliseconds: Int32(clamping: max(1, deadline.millisecondsLeft)))
            if let members = known.members, !members.contains(where: { $0.clientID == clientID }) { break }
        }
        let closing = Deadline(milliseconds: 2_000)
        rd_kafka_consumer_close_queue(client.handle, queue.handle)
        while rd_kafka_consumer_closed(client.handle) == 0, !closing.hasPassed {
            for rebalance in poll(waitMilliseconds: 10) where !rebalance.isAssignment {
                rd_kafka_assign(client.handle, nil)
            }
        }
        client.close()
    }

    /// What callbacks leave for the thread that polls.
    private final class Rebalances: Sendable {
        let waiting = Mutex<[KafkaRebalance]>([])

        func take() -> [KafkaRebalance] {
            waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
        }
    }
}
