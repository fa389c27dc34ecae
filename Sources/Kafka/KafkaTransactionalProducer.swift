import CRdKafka
import Events
import Streaming
import Synchronization

/// librdkafka's transactional producers of one cell: two, which take transactions by turns.
///
/// Once a commit is answered it stands, but its markers are still being written, and a transaction of the same id that begins
/// meanwhile is put off by 20 ms (librdkafka's answer to CONCURRENT_TRANSACTIONS). The other id has nothing to wait for. A
/// transaction begins only when the one before is decided, so at most one is ever in doubt.
///
/// Owned by the commit thread.
public final class KafkaTransactionalProducer: TransactionalProducer {
    private let configuration: KafkaConfiguration
    private let topics: KafkaTopics
    private let journalPartition: Int32
    /// Those of both ids; none while a reset is under way.
    private var clients: [Client] = []
    /// Whose transaction is open, or was last.
    private var turn = 0

    /// Between the first and the last of these a producer that gets no id is made anew: librdkafka asks again only after
    /// half a second, and the coordinator needs some milliseconds to end what a dead leader left open.
    private static let firstPatienceMilliseconds = 60
    private static let patienceMillisecondsMax = 4_000

    /// One librdkafka producer with its topics.
    private struct Client {
        let client: KafkaClient
        let outputs: OutputTopics

        func close() {
            // What is in its queues belongs to a transaction that will not be committed.
            rd_kafka_purge(client.handle, Int32(RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
            client.close(deadlineMilliseconds: 1_000)
        }
    }

    public init(_ configuration: KafkaConfiguration, topics: KafkaTopics, journalPartition: Int32 = 0) {
        self.configuration = configuration
        self.topics = topics
        self.journalPartition = journalPartition
    }

    deinit { close() }

    public func close() {
        for client in clients { client.close() }
        clients = []
    }

    public func reset() throws(TransactionFailure) {
        close()
        for id in topics.transactionalIDs(cell: journalPartition) { clients.append(try open(id)) }
    }

    /// Fences whoever has this id.
    private func open(_ transactionalID: String) throws(TransactionFailure) -> Client {
        var patience = Self.firstPatienceMilliseconds
        while true {
            let made: Client
            do {
                made = try make(transactionalID)
            } catch {
                throw TransactionFailure(.fatal, "\(error)")
            }
            guard let error = rd_kafka_init_transactions(made.client.handle, Int32(patience)) else { return made }
            let failure = failure(consuming: error)
            made.close()
            guard failure.kind == .retriable, patience < Self.patienceMillisecondsMax else { throw failure }
            patience *= 2
        }
    }

    public func begin() throws(TransactionFailure) {
        turn = 1 - turn
        let current = try client()
        current.client.events.journalOffset.store(-1, ordering: .relaxed)
        current.client.events.deliveryFailure.store(0, ordering: .relaxed)
        if let error = rd_kafka_begin_transaction(current.client.handle) { throw failure(consuming: error) }
    }

    public func produce(_ commit: SealedCommit) throws(TransactionFailure) {
        let current = try client()
        let chunk = commit.outputs
        let tag = DeliveryTag(epoch: commit.epoch, isJournal: false)
        for record in chunk.records {
            try produce(
                current.outputs.topic(of: record), Int32(MARQUEE_PARTITION_UNASSIGNED), chunk.key(of: record),
                chunk.value(of: record), current.outputs.headers(of: record, in: chunk), tag)
        }
        var key = topics.cellName(journalPartition)
        // withUTF8 can't throw typed errors, so the call's answer is carried out.
        let result: Result<Void, TransactionFailure> = key.withUTF8 { key in
            do throws(TransactionFailure) {
                try produce(
                    current.outputs.journal, journalPartition, UnsafeRawBufferPointer(key), commit.journalRecord.bytes,
                    nil,
                    DeliveryTag(epoch: commit.epoch, isJournal: true))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    public func sendOffsets(
        of commit: SealedCommit, journalPosition: Int64, _ membership: any Membership
    ) throws(TransactionFailure) {
        let current = try client()
        guard let membership = membership as? GroupMembership else {
            preconditionFailure("a membership of the Kafka group goes into a Kafka transaction")
        }
        let list = PartitionList(capacity: commit.inputs.count + 1)
        for (id, position) in commit.inputs { list.add(topics.name(of: id.topic), id.partition, offset: position) }
        list.add(topics.journal, journalPartition, offset: journalPosition)
        // No time-out of its own: what is unanswered is in doubt, and the session's end is the coordinator's to tell.
        if let error = rd_kafka_send_offsets_to_transaction(
            current.client.handle, list.handle, membership.handle, -1)
        {
            throw failure(consuming: error)
        }
    }

    public func commit() throws(TransactionFailure) -> Int64 {
        let current = try client()
        if let error = rd_kafka_commit_transaction(current.client.handle, -1) { throw failure(consuming: error) }
        let offset = current.client.events.journalOffset.load(ordering: .relaxed)
        // Committed without a report of the journal record: the journal tells where it stands.
        guard offset >= 0 else { throw TransactionFailure(.fatal, "the journal record was not reported") }
        return offset
    }

    public func abort() throws(TransactionFailure) {
        let current = try client()
        if let error = rd_kafka_abort_transaction(current.client.handle, -1) { throw failure(consuming: error) }
    }

    private func client() throws(TransactionFailure) -> Client {
        guard turn < clients.count else { throw TransactionFailure(.fatal, "there is no producer") }
        return clients[turn]
    }

    private func make(_ transactionalID: String) throws -> Client {
        let properties = try configuration.propertySet(
            defaults: [
                ("partitioner", "murmur2_random"), ("transaction.timeout.ms", "10000"),
                // A commit's records come all at once, and wait for their partitions to be registered anyway.
                ("linger.ms", "0"),
                // The transaction's own requests are repeated while the one before is still being marked.
                ("retry.backoff.ms", "2"),
                ("queue.buffering.max.messages", "200000"), ("queue.buffering.max.kbytes", "131072"),
            ],
            required: [
                ("acks", "all"), ("enable.idempotence", "true"),
                ("transactional.id", transactionalID),
            ])
        let events = ClientEvents(log: configuration.log)
        // By callback, because a commit waits for deliveries by serving callbacks.
        events.installDeliveryReports(in: properties.handle)
        let client = try KafkaClient(.producer, properties, configuration, events: events)
        return Client(client: client, outputs: try OutputTopics(client, topics))
    }

    /// Enqueues one record; while the queue is full, waits for deliveries, which make room.
    private func produce(
        _ topic: TopicHandle, _ partition: Int32, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer,
        _ headers: OpaquePointer?, _ tag: DeliveryTag
    ) throws(TransactionFailure) {
        let current = try client()
        while true {
            let code = marquee_produce(
                current.client.handle, topic.handle, partition, key.baseAddress, key.count, value.baseAddress,
                value.count, headers, 0, tag.bits)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
            let failed = current.client.events.deliveryFailure.load(ordering: .relaxed)
            if code == RD_KAFKA_RESP_ERR__QUEUE_FULL, failed == 0 {
                current.client.serveCallbacks(milliseconds: 10)
                continue
            }
            if let headers { rd_kafka_headers_destroy(headers) }
            let failure = KafkaFailure(code, operation: "publish to '\(topic.name)'")
            let isFatal = code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED
            throw TransactionFailure(isFatal ? .fatal : .abortable, "\(failure)")
        }
    }

    private func failure(consuming error: OpaquePointer) -> TransactionFailure {
        let isFatal = rd_kafka_error_is_fatal(error) != 0
        let failure = KafkaFailure(consuming: error, operation: "go on with the transaction")
        let kind: TransactionFailure.Kind =
            switch failure.reaction {
            case .abort: isFatal ? .fatal : .abortable
            case .retry: .retriable
            case .fatal: .fatal
            }
        return TransactionFailure(kind, "\(failure.message) (\(failure.name))")
    }
}
