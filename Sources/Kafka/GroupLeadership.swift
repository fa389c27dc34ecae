import CRdKafka
import Streaming
import Synchronization

/// Leads by the consumer group: whoever is assigned the cell's journal partition.
///
/// A member of the group that reads nothing: the partition stays paused, and only its assignment counts. A static member, so
/// that a restart takes its place back at once. An instance that is started while another leads does not join: an assignor
/// might give it the partition and rob the leader, whose memory is ahead. It watches the group and joins when nobody else is
/// in it.
///
///     watching ──nobody else──▶ joined ──assigned──▶ leading ──revoked──▶ electing ──assigned──▶ leading
///                                                      │                     └──not assigned──▶ LeadershipLost
///                                                      └──session lost──▶ orphaned ──nobody else──▶ electing
///                                                                            └──somebody──▶ LeadershipLost
public final class GroupLeadership: Leadership {
    private enum Stage {
        case watching
        case joined
        case leading
        /// It led, and an election is under way.
        case electing
        /// It led, and its session is over; others may lead.
        case orphaned
    }

    private let configuration: KafkaConfiguration
    private let topics: KafkaTopics
    private let instanceID: String
    private let partition: Int32
    private let client: KafkaClient
    private let queue: QueueHandle
    private let watch: GroupWatch
    private let inbox: Inbox
    private let shared: Shared
    private var stage = Stage.watching
    /// Lines worth a log.
    public var notice: (String) -> Void = { _ in }

    /// - Parameters:
    ///   - instanceID: the same after a restart; no other instance has it.
    ///   - partition: the journal partition of the cell.
    public init(
        _ configuration: KafkaConfiguration, topics: KafkaTopics, instanceID: String, partition: Int32 = 0
    ) throws {
        self.configuration = configuration
        self.topics = topics
        self.instanceID = instanceID
        self.partition = partition
        let properties = try configuration.propertySet(
            defaults: [
                ("session.timeout.ms", "6000"), ("heartbeat.interval.ms", "300"), ("max.poll.interval.ms", "30000"),
                ("allow.auto.create.topics", "false"), ("queued.min.messages", "1"),
                ("fetch.message.max.bytes", "1024"), ("retry.backoff.ms", "20"),
            ],
            required: [
                ("group.id", topics.applicationID), ("group.instance.id", instanceID),
                ("partition.assignment.strategy", "range"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("auto.offset.reset", "latest"),
            ])
        let events = ClientEvents(log: configuration.log)
        let inbox = Inbox()
        self.inbox = inbox
        events.installRebalance(in: properties.handle) { rebalance in inbox.rebalances.withLock { $0.append(rebalance) }
        }
        ClientEvents.installCommitReports(in: properties.handle)
        client = try KafkaClient(.consumer, properties, configuration, events: events)
        rd_kafka_poll_set_consumer(client.handle)
        queue = try client.consumerQueue()
        watch = try GroupWatch(configuration, groupID: topics.applicationID)
        shared = Shared(client: client, journal: topics.journal, partition: partition)
    }

    /// From now on an election raises the signal, so that the loop sleeps in one place.
    public func signal(_ signal: WakeSignal) { queue.raise(signal) }

    public var proof: any LeadershipProof { shared }

    public func poll() throws -> Standing {
        switch stage {
        case .watching:
            if let others = watch.others(than: instanceID), others == 0 { try join() }
            return .following
        case .joined, .leading, .electing:
            try serve()
        case .orphaned:
            try serve()
            guard let others = watch.others(than: instanceID) else { break }
            if others > 0 { throw LeadershipLost(reason: "its session timed out, and another instance joined") }
            notice("the session timed out and nobody else leads: joining again")
            stage = .electing
            try unassign()
        }
        return stage == .leading ? .leading : .following
    }

    public func storeOffsets(_ positions: [InputPartition: Int64]) throws {
        if positions.isEmpty || stage != .leading { return }
        try client.storeOffsets(positions, topics)
    }

    public func committedOffsets(of partitions: [InputPartition]) throws -> [InputPartition: Int64] {
        if partitions.isEmpty { return [:] }
        let operation = "read the offsets of group '\(topics.applicationID)'"
        let list = PartitionList(capacity: partitions.count)
        for id in partitions { list.add(topics.name(of: id.topic), id.partition, offset: -1) }
        let code = rd_kafka_committed(client.handle, list.handle, 10_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, operation) }
        var result: [InputPartition: Int64] = [:]
        for (index, id) in partitions.enumerated() {
            let answer = list.handle.pointee.elems[index]
            guard answer.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(answer.err, operation) }
            if answer.offset >= 0 { result[id] = answer.offset }
        }
        return result
    }

    public func release() {
        shared.state.withLock { $0 = nil }
        watch.close()
        if stage == .watching {
            client.close()
            return
        }
        // Closing alone would leave a static member in the group until its session ends; unsubscribing leaves it.
        rd_kafka_unsubscribe(client.handle)
        let deadline = Deadline(milliseconds: 1_000)
        var hasLeft = false
        while !hasLeft, !deadline.hasPassed {
            drain(waitMilliseconds: 10)
            for rebalance in inbox.take() where !rebalance.isAssignment {
                rd_kafka_assign(client.handle, nil)
                hasLeft = true
            }
        }
        let closing = Deadline(milliseconds: 2_000)
        rd_kafka_consumer_close_queue(client.handle, queue.handle)
        while rd_kafka_consumer_closed(client.handle) == 0, !closing.hasPassed {
            drain(waitMilliseconds: 10)
            for rebalance in inbox.take() where !rebalance.isAssignment { rd_kafka_assign(client.handle, nil) }
        }
        client.close()
    }

    private func join() throws {
        let list = PartitionList(capacity: 1)
        list.add(topics.journal, Int32(MARQUEE_PARTITION_UNASSIGNED), offset: -1)
        let code = rd_kafka_subscribe(client.handle, list.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "join the group '\(topics.applicationID)'")
        }
        stage = .joined
    }

    /// Takes what waits: elections, errors.
    private func serve() throws {
        drain(waitMilliseconds: 0)
        if let failure = inbox.failure.withLock({ $0.take() }) { throw failure }
        for rebalance in inbox.take() {
            if rebalance.isAssignment { try assigned(rebalance) } else { try revoked(rebalance) }
        }
    }

    private func drain(waitMilliseconds: Int32) {
        var wait = waitMilliseconds
        while let message = rd_kafka_consumer_poll(client.handle, wait) {
            wait = 0
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__FATAL:
                inbox.failure.withLock {
                    $0 = LeadershipLost(reason: "another process of this host and state directory joined the group")
                }
            default: break
            }
            rd_kafka_message_destroy(message)
        }
    }

    private func assigned(_ rebalance: KafkaRebalance) throws {
        let list = PartitionList(capacity: max(1, rebalance.partitions.count))
        for number in rebalance.partitions { list.add(topics.journal, number, offset: Int64(RD_KAFKA_OFFSET_END)) }
        rd_kafka_assign(client.handle, list.handle)
        rd_kafka_pause_partitions(client.handle, list.handle)
        if rebalance.partitions.contains(partition) {
            guard let metadata = rd_kafka_consumer_group_metadata(client.handle) else {
                throw KafkaFailure(RD_KAFKA_RESP_ERR__STATE, operation: "read the group's generation")
            }
            shared.state.withLock { $0 = GroupMembership(owning: metadata) }
            stage = .leading
        } else if stage == .leading || stage == .electing {
            throw LeadershipLost(reason: "another instance was elected")
        }
    }

    private func revoked(_ rebalance: KafkaRebalance) throws {
        shared.state.withLock { $0 = nil }
        if stage == .leading || stage == .electing {
            if rebalance.isLost {
                // Joining again might take the lead from whoever has it now, so first look who is there.
                stage = .orphaned
                watch.forget()
                return
            }
            stage = .electing
        }
        try unassign()
    }

    private func unassign() throws {
        let code = rd_kafka_assign(client.handle, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaFailure(code, operation: "give the journal partition back")
        }
    }

    /// What callbacks leave for the thread that polls.
    private final class Inbox: Sendable {
        let rebalances = Mutex<[KafkaRebalance]>([])
        let failure = Mutex<LeadershipLost?>(nil)

        func take() -> [KafkaRebalance] {
            rebalances.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
        }
    }

    /// What the commit thread sees. Unchecked because librdkafka's handles are safe from any thread; the rest is locked.
    private final class Shared: LeadershipProof, @unchecked Sendable {
        let state = Mutex<GroupMembership?>(nil)
        private let client: KafkaClient
        private let journal: String
        private let partition: Int32

        init(client: KafkaClient, journal: String, partition: Int32) {
            self.client = client
            self.journal = journal
            self.partition = partition
        }

        var membership: (any Membership)? { state.withLock { $0 } }

        func prove(journalPosition: Int64) -> ProofAnswer {
            guard state.withLock({ $0 != nil }), let queue = try? client.newQueue() else { return .unanswered }
            let list = PartitionList(capacity: 1)
            list.add(journal, partition, offset: max(0, journalPosition))
            let sent = rd_kafka_commit_queue(client.handle, list.handle, queue.handle, nil, nil)
            guard sent == RD_KAFKA_RESP_ERR_NO_ERROR, let event = rd_kafka_queue_poll(queue.handle, 2_000) else {
                return .unanswered
            }
            defer { rd_kafka_event_destroy(event) }
            switch rd_kafka_event_error(event) {
            case RD_KAFKA_RESP_ERR_NO_ERROR: return state.withLock { $0 != nil } ? .leads : .unanswered
            case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
                return .refused("another process of this host and state directory joined the group")
            // An old generation or session: the election that follows decides, and the learner thread hears of it.
            default: return .unanswered
            }
        }
    }
}
