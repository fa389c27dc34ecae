import CRdKafka
import Glibc

/// Owns one librdkafka client.
///
/// `rd_kafka_destroy` waits for ever while any message, queue, topic or list of the client is still held, so it runs
/// on a thread of its own and is given up after a deadline: a service that stops must stop.
final class KafkaClient {
    enum Kind {
        case consumer
        case producer
    }

    let handle: OpaquePointer
    let events: ClientEvents
    let servers: String
    private var isOpen = true
    /// Released before the client is.
    private var dependents: [any ClientDependent] = []

    /// - Parameter events: where callbacks go, for clients that have more of them.
    init(
        _ kind: Kind, _ properties: PropertySet, _ configuration: KafkaConfiguration,
        events given: ClientEvents? = nil
    ) throws {
        let events = given ?? ClientEvents(log: configuration.log)
        events.install(in: properties.handle)
        var reason = [CChar](repeating: 0, count: 512)
        let type = kind == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        guard let handle = rd_kafka_new(type, properties.handle, &reason, reason.count) else {
            throw KafkaConfigurationError.clientRefused(reason: text(of: reason))
        }
        properties.relinquish()
        self.handle = handle
        self.events = events
        servers = configuration.bootstrapServers
    }

    /// Frees the client. Returns false when librdkafka did not finish in time; its threads are then left alone.
    @discardableResult
    func close(deadlineMilliseconds: Int = 10_000) -> Bool {
        guard isOpen else { return true }
        isOpen = false
        for dependent in dependents { dependent.release() }
        dependents.removeAll()
        let address = UInt(bitPattern: handle)
        let done = WakeSignal()
        // Callbacks may come until the destroy call returns, so the thread keeps their state alive.
        let keptEvents = events
        let started = DetachedThread.start {
            // Manual assignment has no group to leave, and consumer_close would wait for one.
            rd_kafka_destroy_flags(
                OpaquePointer(bitPattern: address), Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
            withExtendedLifetime(keptEvents) { done.raise() }
        }
        return started && done.wait(milliseconds: Int32(clamping: deadlineMilliseconds))
    }

    deinit { close() }

    func keep<Dependent: ClientDependent>(_ dependent: Dependent) -> Dependent {
        dependents.append(dependent)
        return dependent
    }

    /// Serves callbacks (errors, commit results) that wait on the main queue.
    func serveCallbacks(milliseconds: Int32 = 0) { rd_kafka_poll(handle, milliseconds) }

    /// Turns an error number into the error to throw; failed connections become `unreachable` with their own reason.
    func error(_ code: rd_kafka_resp_err_t, _ operation: String) -> any Error {
        serveCallbacks()
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__RESOLVE:
            guard let last = events.lastError else { return KafkaFailure(code, operation: operation) }
            return KafkaError.unreachable(servers: servers, reason: Self.reason(from: last))
        default:
            return KafkaFailure(code, operation: operation)
        }
    }

    /// The part of a connection error that a person wants: "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1
    /// failed: Connection refused (after 0ms in state CONNECT)" becomes "Connection refused".
    static func reason(from text: String) -> String {
        var reason = Substring(text)
        if let marker = reason.ranges(of: "failed: ").last { reason = reason[marker.upperBound...] }
        if let slash = reason.firstRange(of: "/bootstrap: ") { reason = reason[slash.upperBound...] }
        if let detail = reason.firstRange(of: " (after ") { reason = reason[..<detail.lowerBound] }
        return String(reason)
    }
}
