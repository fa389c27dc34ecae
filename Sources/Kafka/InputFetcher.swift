import CRdKafka
import Events

/// One of the consumers of a `KafkaEventSource`.
///
/// Owned by the learner thread.
final class InputFetcher {
    /// The topics that share a consumer: one request is under way at a time for all that it reads from a broker.
    enum Share: CaseIterable {
        /// Read in bulk. Ratings are always full or asked for, so that nothing waits for a partition without news.
        case ratings
        /// Users and movies, of which mostly nothing comes.
        case catalogue

        var topics: [InputTopic] {
            switch self {
            case .ratings: [.ratings]
            case .catalogue: InputTopic.allCases.filter { $0 != .ratings }
            }
        }

        /// - Parameter counts: how many partitions each topic has.
        func limits(_ counts: [Int]) -> FetchLimits {
            let partitionCount = counts.reduce(0, +)
            let busyCount = counts.max() ?? 1
            // What is queued for a partition is what its reader lives on while another's answer is held back.
            return switch self {
            case .ratings:
                FetchLimits(
                    partitionCount: partitionCount, busyCount: busyCount, answerBytes: 2 * FetchLimits.answerBytes,
                    waitMilliseconds: 50)
            case .catalogue:
                FetchLimits(
                    partitionCount: partitionCount, busyCount: busyCount, messagesAhead: FetchLimits.messagesAhead / 2,
                    waitMilliseconds: 100)
            }
        }
    }

    let share: Share
    let client: KafkaClient
    private let waker: FetcherWaker
    /// The queue length from which a partition is left alone.
    let fullCount: Int
    /// Whether a queue that was full has room again, which the fetcher may not have noticed.
    var maySleep = false

    /// - Parameter counts: how many partitions each of the share's topics has.
    init(_ share: Share, counts: [Int], _ configuration: KafkaConfiguration, groupID: String) throws {
        self.share = share
        let limits = share.limits(counts)
        let properties = try configuration.propertySet(
            defaults: KafkaConfiguration.consumerDefaults + limits.properties,
            required: [
                ("group.id", groupID), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
                ("enable.partition.eof", "true"), ("auto.offset.reset", "error"),
            ])
        fullCount = properties.value(of: "queued.min.messages").flatMap { Int($0) } ?? limits.messagesPerPartition
        waker = FetcherWaker(properties)
        client = try KafkaClient(.consumer, properties, configuration)
    }

    func take(_ list: borrowing PartitionList) throws {
        let code = rd_kafka_assign(client.handle, list.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "take the partitions") }
    }

    func giveUpAll() throws {
        let code = rd_kafka_assign(client.handle, nil)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, "give up the partitions") }
    }

    func wakeIfAsleep() {
        if maySleep { waker.wake(client) }
        maySleep = false
    }
}
