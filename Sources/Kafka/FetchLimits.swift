import CRdKafka

/// How much a consumer lets librdkafka read ahead.
///
/// librdkafka keeps about 0.4 KB beside each queued message, so what is read ahead is bounded by messages:
/// `messagesAhead` over all partitions, and on top of it one answer's part for each partition, together about
/// `answerBytes` as compressed. A fetch asks again only for partitions whose queue is below its share.
struct FetchLimits {
    /// Over all partitions together.
    static let messagesAhead = 40_000
    /// The fewest a partition may queue, however many partitions there are.
    static let messagesAheadPerPartitionMin = 1_000
    /// The most that one answer of a broker holds, all partitions together. At least librdkafka's
    /// `message.max.bytes`.
    static let answerBytes = 1 << 20

    /// A partition may bring this much with one answer, unless a single batch of the producer's is larger.
    static let answerBytesPerPartitionMin = 16 * 1024

    var messagesPerPartition: Int
    var answerBytes: Int
    var answerBytesPerPartition: Int
    /// How long a broker may hold an answer back when it has nothing. As one request is under way for a broker at a
    /// time, this is also how long a partition that was drained waits for the others that have nothing new.
    var waitMilliseconds: Int

    /// `partitionCount` counts all partitions, `busyCount` those that may be read in bulk at the same time.
    init(
        partitionCount: Int, busyCount: Int, messagesAhead: Int = Self.messagesAhead,
        answerBytes: Int = Self.answerBytes, waitMilliseconds: Int = 10
    ) {
        self.answerBytes = answerBytes
        self.waitMilliseconds = waitMilliseconds
        messagesPerPartition = max(Self.messagesAheadPerPartitionMin, messagesAhead / max(1, partitionCount))
        answerBytesPerPartition = max(
            Self.answerBytesPerPartitionMin, answerBytes / max(1, busyCount))
    }

    var properties: [(name: String, value: String)] {
        var properties = [
            ("queued.min.messages", String(messagesPerPartition)),
            ("queued.max.messages.kbytes", "4096"),
            ("fetch.max.bytes", String(answerBytes)),
            ("fetch.message.max.bytes", String(answerBytesPerPartition)),
            ("fetch.wait.max.ms", String(waitMilliseconds)),
        ]
        if PropertyNames.isKnown(Self.queueBackoffName) { properties.append((Self.queueBackoffName, "5")) }
        return properties
    }

    /// librdkafka 2.2 and newer look again this long after a queue was full; before, up to a second passes.
    static let queueBackoffName = "fetch.queue.backoff.ms"
}

/// Ends a fetcher's sleep when a queue that was full has room again.
///
/// Up to librdkafka 2.1 a broker thread that finds every queue full sleeps up to one second. The wake-up sets the
/// SASL credentials to what they are, whose side effect is that every broker thread looks again.
struct FetcherWaker {
    private let username: String
    private let password: String
    /// Whether the library needs waking and can be woken.
    private let isNeeded: Bool

    init(_ properties: PropertySet) {
        let mechanism = properties.value(of: "sasl.mechanisms") ?? ""
        let usesSASL = (properties.value(of: "security.protocol") ?? "").hasPrefix("sasl")
        // Kerberos and OAUTHBEARER may leave the user name unset, and an empty one is not the same.
        let takesPassword = mechanism == "PLAIN" || mechanism.hasPrefix("SCRAM")
        username = properties.value(of: "sasl.username") ?? ""
        password = properties.value(of: "sasl.password") ?? ""
        isNeeded = !PropertyNames.isKnown(FetchLimits.queueBackoffName) && (!usesSASL || takesPassword)
    }

    func wake(_ client: KafkaClient) {
        if !isNeeded { return }
        _ = marquee_wake_brokers(client.handle, username, password)
    }
}
