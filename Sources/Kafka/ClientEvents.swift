import CRdKafka
import Synchronization

/// What librdkafka's callbacks say about one client. Safe from any thread.
public final class ClientEvents: Sendable {
    struct State {
        var transportErrors = 0
        var lastError: String?
        var fatalError: KafkaFailure?
        var finishedCommits = 0
        var failedCommits = 0
        var onRebalance: (@Sendable (KafkaRebalance) -> Void)?
    }

    private let state = Mutex(State())
    /// Where the newest delivered journal record stands; of producers whose reports come by callback.
    let journalOffset = Atomic<Int64>(-1)
    /// librdkafka's number of the first delivery that failed; 0 = none.
    let deliveryFailure = Atomic<Int32>(0)
    private let log: (@Sendable (KafkaLogLine) -> Void)?

    init(log: (@Sendable (KafkaLogLine) -> Void)?) { self.log = log }

    /// Connection troubles seen, which librdkafka heals by itself.
    public var transportErrorCount: Int { state.withLock { $0.transportErrors } }
    /// The newest error in librdkafka's words.
    public var lastError: String? { state.withLock { $0.lastError } }
    /// Set once the client can no longer work.
    public var fatalError: KafkaFailure? { state.withLock { $0.fatalError } }
    /// Group offset commits that the coordinator refused.
    public var failedCommitCount: Int { state.withLock { $0.failedCommits } }

    var finishedCommitCount: Int { state.withLock { $0.finishedCommits } }

    func record(error: rd_kafka_resp_err_t, reason: String, fatal: Bool) {
        state.withLock {
            $0.transportErrors += 1
            // "All brokers are down" says less than the connection's own error just before it.
            if error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || $0.lastError == nil { $0.lastError = reason }
            if fatal {
                $0.fatalError = KafkaFailure(
                    code: marquee_code(error), operation: "go on", message: reason, reaction: .fatal)
            }
        }
    }

    func recordCommit(_ code: rd_kafka_resp_err_t) {
        state.withLock {
            $0.finishedCommits += 1
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
            $0.failedCommits += 1
            $0.lastError = String(cString: rd_kafka_err2str(code))
        }
    }

    /// Counts delivery reports by callback instead of by event.
    func installDeliveryReports(in properties: OpaquePointer?) {
        rd_kafka_conf_set_dr_msg_cb(properties) { _, message, opaque in
            guard let message, let opaque else { return }
            let events = Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
            if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
                _ = events.deliveryFailure.compareExchange(
                    expected: 0, desired: marquee_code(message.pointee.err), ordering: .relaxed)
            } else if DeliveryTag(bits: marquee_message_opaque(message)).isJournal {
                events.journalOffset.store(message.pointee.offset, ordering: .relaxed)
            }
        }
    }

    /// Counts the answers to group offset commits.
    static func installCommitReports(in properties: OpaquePointer?) {
        rd_kafka_conf_set_offset_commit_cb(properties) { _, code, _, opaque in
            guard let opaque else { return }
            Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue().recordCommit(code)
        }
    }

    /// Hands rebalances to `handler`, on the thread that polls the consumer; it must assign or unassign, then or later.
    func installRebalance(in properties: OpaquePointer?, _ handler: @escaping @Sendable (KafkaRebalance) -> Void) {
        state.withLock { $0.onRebalance = handler }
        rd_kafka_conf_set_rebalance_cb(properties) { client, code, partitions, opaque in
            guard let opaque, let client, let partitions else { return }
            let events = Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
            let list = UnsafeBufferPointer(start: partitions.pointee.elems, count: Int(partitions.pointee.cnt))
            let rebalance = KafkaRebalance(
                isAssignment: code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS,
                isLost: rd_kafka_assignment_lost(client) != 0, partitions: list.map(\.partition))
            events.state.withLock { $0.onRebalance }?(rebalance)
        }
    }

    func record(_ line: KafkaLogLine) { log?(line) }

    /// Puts the callbacks into a client's properties. The client's opaque pointer is `self`, unretained.
    func install(in properties: OpaquePointer?) {
        rd_kafka_conf_set_opaque(properties, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(properties) { client, level, facility, message in
            guard let client, let opaque = rd_kafka_opaque(client), let facility, let message else { return }
            let events = Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
            guard events.log != nil else { return }
            events.record(
                KafkaLogLine(
                    level: Int(level), facility: String(cString: facility), message: String(cString: message)))
        }
        rd_kafka_conf_set_error_cb(properties) { client, code, reason, opaque in
            guard let opaque else { return }
            let events = Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
            let isFatal = code == marquee_code(RD_KAFKA_RESP_ERR__FATAL)
            events.record(
                error: marquee_error(code), reason: reason.map { String(cString: $0) } ?? "unknown", fatal: isFatal)
        }
    }
}

/// What a rebalance of a group says to a member that subscribes to one topic.
struct KafkaRebalance: Sendable {
    /// Partitions are given; else they are taken away.
    var isAssignment: Bool
    /// The session is over: others may have the partitions already.
    var isLost: Bool
    var partitions: [Int32]
}
