import CRdKafka

/// What to do about a failure.
public enum KafkaReaction: Sendable, Equatable {
    /// The same call may succeed later: the broker is away or busy.
    case retry
    /// What was under way is lost, but the client can go on after giving it up.
    case abort
    /// This client or this setup cannot go on.
    case fatal
}

/// An error of the broker or of librdkafka, with what was being done.
public struct KafkaFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// librdkafka's number: negative when it is the client's own, positive when the broker sent it.
    public var code: Int32
    /// `REQUEST_TIMED_OUT` and the like.
    public var name: String
    /// What was being done, as the words after "Could not": `read movies[0]`.
    public var operation: String
    /// One sentence about the cause, without a full stop.
    public var message: String
    public var reaction: KafkaReaction

    public init(code: Int32, operation: String, message: String? = nil, reaction: KafkaReaction? = nil) {
        let error = marquee_error(code)
        self.code = code
        name = String(cString: rd_kafka_err2name(error))
        self.operation = operation
        self.message = message ?? String(cString: rd_kafka_err2str(error))
        self.reaction = reaction ?? Self.reaction(to: error)
    }

    init(_ error: rd_kafka_resp_err_t, operation: String, message: String? = nil) {
        self.init(code: marquee_code(error), operation: operation, message: message)
    }

    /// Takes what an `rd_kafka_error_t` says and frees it. Abort is asked first, as librdkafka's manual says.
    init(consuming error: OpaquePointer, operation: String) {
        let reaction: KafkaReaction =
            rd_kafka_error_txn_requires_abort(error) != 0
            ? .abort : rd_kafka_error_is_retriable(error) != 0 ? .retry : .fatal
        self.init(
            code: marquee_code(rd_kafka_error_code(error)), operation: operation,
            message: String(cString: rd_kafka_error_string(error)), reaction: reaction)
        rd_kafka_error_destroy(error)
    }

    public var description: String { "Could not \(operation): \(message) (\(name))." }

    /// For errors that come as a bare number.
    static func reaction(to error: rd_kafka_resp_err_t) -> KafkaReaction {
        switch error {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__NODE_UPDATE,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
            .retry
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
            RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
            .abort
        default:
            .fatal
        }
    }
}
