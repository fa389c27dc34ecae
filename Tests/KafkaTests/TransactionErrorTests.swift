import CRdKafka
import Events
import Foundation
import Testing

@testable import Kafka
@testable import Streaming

/// What librdkafka makes of every error that a broker may answer a transactional call with, on a mock cluster that answers
/// so: the kinds that `TransactionCycle` decides by.
@Suite(.serialized) struct TransactionErrorTests {
    /// Kafka's numbers of requests.
    private enum Request: Int16 {
        case produce = 0
        case initProducerID = 22
        case addPartitions = 24
        case addOffsets = 25
        case endTransaction = 26
        case commitOffsets = 28
    }

    private final class MockCluster {
        private let client: OpaquePointer
        private let cluster: OpaquePointer
        let servers: String

        init(topics: [String]) throws {
            client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nil, 0))
            cluster = try #require(rd_kafka_mock_cluster_new(client, 1))
            servers = try #require(rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0) })
            for topic in topics { rd_kafka_mock_topic_create(cluster, topic, 1, 1) }
        }

        /// The next requests of this kind are answered with these errors; `__TRANSPORT` closes the connection instead.
        func answer(_ request: Request, with errors: [rd_kafka_resp_err_t]) {
            rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
        }

        /// Answers come this late.
        func delay(milliseconds: Int32) { rd_kafka_mock_broker_set_rtt(cluster, 1, milliseconds) }

        func close() {
            rd_kafka_mock_cluster_destroy(cluster)
            rd_kafka_destroy(client)
        }
    }

    private final class Bench {
        let cluster: MockCluster
        let producer: KafkaTransactionalProducer
        private let membership: GroupMembership

        init() throws {
            let topics = KafkaTopics(applicationID: "mock")
            cluster = try MockCluster(topics: [topics.recommendations, topics.deadLetters, topics.journal, "ratings"])
            producer = KafkaTransactionalProducer(
                try KafkaConfiguration(bootstrapServers: cluster.servers), topics: topics)
            membership = GroupMembership(owning: try #require(rd_kafka_consumer_group_metadata_new("mock")))
        }

        func commitOf(_ records: Int) -> SealedCommit {
            let commit = SealedCommit()
            commit.epoch = 1
            commit.append(chunk(records))
            commit.journalRecord.append(utf8: "record")
            commit.inputs = [InputPartition(.ratings, 0): 3]
            return commit
        }

        func sendOffsets() throws(TransactionFailure) {
            try producer.sendOffsets(of: commitOf(1), journalPosition: 0, membership)
        }

        /// Everything up to the commit.
        func fill() throws {
            try producer.begin()
            try producer.produce(commitOf(3))
            try sendOffsets()
        }

        /// A whole transaction, which nothing disturbs.
        func wholeTransaction() throws {
            try fill()
            #expect(try producer.commit() >= 0)
        }

        func close() {
            producer.close()
            cluster.close()
        }
    }

    private func withBench(_ body: (Bench) throws -> Void) throws {
        let bench = try Bench()
        defer { bench.close() }
        try body(bench)
    }

    private func kind(_ body: () throws -> Void) throws -> TransactionFailure.Kind? {
        do {
            try body()
            return nil
        } catch let failure as TransactionFailure {
            return failure.kind
        }
    }

    // MARK: Everything goes well

    @Test func withoutErrorsEveryCallSucceeds() throws {
        try withBench { bench in
            try bench.producer.reset()
            try bench.wholeTransaction()
            try bench.fill()
            try bench.producer.abort()
            try bench.wholeTransaction()
        }
    }

    @Test func callsBeforeAProducerIsMadeAreFatal() throws {
        try withBench { (bench) throws in
            #expect(try kind { try bench.producer.begin() } == .fatal)
            #expect(try kind { try bench.producer.produce(bench.commitOf(1)) } == .fatal)
            #expect(try kind { try bench.sendOffsets() } == .fatal)
            #expect(try kind { _ = try bench.producer.commit() } == .fatal)
            #expect(try kind { try bench.producer.abort() } == .fatal)
        }
    }

    // MARK: What librdkafka repeats by itself

    private static let passing: [rd_kafka_resp_err_t] = [
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR__TRANSPORT,
    ]

    @Test(arguments: passing)
    func whatPassesIsRepeatedUntilItSucceeds(error: rd_kafka_resp_err_t) throws {
        try withBench { bench in
            bench.cluster.answer(.initProducerID, with: [error])
            try bench.producer.reset()
            bench.cluster.answer(.addPartitions, with: [error, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART])
            bench.cluster.answer(.addOffsets, with: [error, error])
            bench.cluster.answer(.endTransaction, with: [error, error])
            try bench.wholeTransaction()
            bench.cluster.answer(.endTransaction, with: [error])
            try bench.fill()
            try bench.producer.abort()
            try bench.wholeTransaction()
        }
    }

    @Test func aLostConnectionWhilePublishingIsGotOver() throws {
        try withBench { bench in
            try bench.producer.reset()
            bench.cluster.answer(
                .produce, with: [RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION])
            bench.cluster.answer(.commitOffsets, with: [RD_KAFKA_RESP_ERR__TRANSPORT])
            try bench.wholeTransaction()
        }
    }

    // MARK: What the cycle has to deal with

    /// A call of a transaction that is answered with an error, and what that comes to at the latest at the commit.
    private func outcome(
        of error: rd_kafka_resp_err_t, to request: Request
    ) throws -> (kind: TransactionFailure.Kind?, call: String, goesOn: Bool) {
        var result: (TransactionFailure.Kind?, String, Bool) = (nil, "none", false)
        try withBench { bench in
            try bench.producer.reset()
            bench.cluster.answer(request, with: [error])
            let calls: [(String, () throws -> Void)] = [
                ("begin", { try bench.producer.begin() }),
                ("produce", { try bench.producer.produce(bench.commitOf(3)) }),
                ("offsets", { try bench.sendOffsets() }), ("commit", { _ = try bench.producer.commit() }),
            ]
            for (name, call) in calls {
                guard let kind = try kind(call) else { continue }
                result = (kind, name, false)
                break
            }
            if result.0 == .retriable { Issue.record("it was not repeated within: \(error)") }
            result.2 = try result.0 == nil || goesOn(bench, aborts: result.0 == .abortable && result.1 != "commit")
        }
        return result
    }

    /// Whether what the cycle does then comes to a good end, once the broker refuses nothing more.
    private func goesOn(_ bench: Bench, aborts: Bool) throws -> Bool {
        var mustReset = !aborts
        for _ in 0..<40 {
            if !mustReset { mustReset = try kind({ try bench.producer.abort() }) != nil }
            if mustReset { try bench.producer.reset() }
            let kind = try kind { try bench.wholeTransaction() }
            if kind == nil { return true }
            mustReset = kind == .fatal
            // A refused topic is asked about again after a while.
            usleep(100_000)
        }
        return false
    }

    private static let refused: [(Request, rd_kafka_resp_err_t, TransactionFailure.Kind)] = [
        (.addPartitions, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .abortable),
        (.addPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fatal),
        (.addPartitions, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fatal),
        (.addPartitions, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .fatal),
        (.addPartitions, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, .fatal),
        (.produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .abortable),
        (.produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, .abortable),
        (.produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fatal),
        (.addOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, .abortable),
        (.addOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fatal),
        (.addOffsets, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .fatal),
        (.addOffsets, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .abortable),
        (.commitOffsets, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, .abortable),
        (.commitOffsets, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, .abortable),
        (.commitOffsets, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, .abortable),
        (.commitOffsets, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, .abortable),
        (.commitOffsets, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fatal),
        (.endTransaction, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .fatal),
        (.endTransaction, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, .fatal),
        (.endTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, .fatal),
        (.endTransaction, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, .fatal),
    ]

    @Test func whatIsRefusedIsAbortableOrFatalAndTheProducerGoesOnAfterIt() throws {
        for (request, error, expected) in Self.refused {
            let name = "\(request), \(String(cString: rd_kafka_err2name(error)))"
            let (kind, call, goesOn) = try outcome(of: error, to: request)
            #expect(kind == expected, "\(name) at \(call)")
            #expect(goesOn, "\(name) at \(call)")
        }
    }

    @Test(arguments: [
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    ])
    func anIDThatIsRefusedIsFatalAndCanBeAskedForAgain(error: rd_kafka_resp_err_t) throws {
        try withBench { bench in
            bench.cluster.answer(.initProducerID, with: [error])
            #expect(try kind { try bench.producer.reset() } == .fatal)
            try bench.producer.reset()
            try bench.wholeTransaction()
        }
    }

    @Test(arguments: [RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE])
    func anAbortThatIsRefusedIsFatal(error: rd_kafka_resp_err_t) throws {
        try withBench { bench in
            try bench.producer.reset()
            try bench.fill()
            bench.cluster.answer(.endTransaction, with: [error])
            #expect(try kind { try bench.producer.abort() } == .fatal)
            try bench.producer.reset()
            try bench.wholeTransaction()
        }
    }

    // MARK: Time-outs

    @Test func anIDThatIsNotAnsweredInTimeIsAskedForAgain() throws {
        try withBench { bench in
            bench.cluster.delay(milliseconds: 30_000)
            #expect(try kind { try bench.producer.reset() } == .retriable)
            bench.cluster.delay(milliseconds: 0)
            try bench.producer.reset()
            try bench.wholeTransaction()
        }
    }

    /// No call in a transaction gives up by itself while the broker is slow; each waits for its answer.
    @Test func slowAnswersAreWaitedFor() throws {
        try withBench { bench in
            try bench.producer.reset()
            bench.cluster.delay(milliseconds: 700)
            try bench.wholeTransaction()
        }
    }
}
