import CommandLineOptions
import Events
import Foundation
import Kafka
import MovieLens

/// Where a benchmark of the pipeline runs: topics of its own on a Kafka, or on an embedded broker that has room for
/// the whole backlog.
final class BenchStage {
    struct Catalogue {
        var movies: [Movie]
        var users: [UserProfile]
    }

    private static let kafkaPartitions = 4
    /// What the embedded broker keeps of a partition is about 5 MiB; more than this is not asked of it.
    private static let embeddedPartitionBytesMax = 4 << 20
    private static let embeddedPartitionChoices = [4, 8, 16, 24, 32, 48, 64, 96, 128]
    /// What a record takes beside key and value: lengths, deltas, its share of the batch's head.
    private static let recordOverheadBytes = 12

    let configuration: KafkaConfiguration
    let topics: KafkaTopics
    let partitions: Int
    /// What `serve` needs to reach the same Kafka.
    let serveArguments: [String]
    let isEmbedded: Bool
    let directory: TemporaryDirectory
    private let broker: EmbeddedBroker?

    /// Connects or starts the broker, and makes the topics.
    init(_ invocation: Invocation, stream: RatingTable) throws {
        let id = "bench-" + String(UInt64(Date().timeIntervalSince1970 * 1000), radix: 36)
        if invocation.isSet("brokers") {
            let connection = try ConnectionOptions(invocation, applicationID: id, topicPrefix: id + "-")
            configuration = connection.configuration
            topics = connection.topics
            partitions = Self.kafkaPartitions
            broker = nil
        } else {
            partitions = try Self.partitions(for: stream)
            let broker = try EmbeddedBroker()
            self.broker = broker
            // A fetch that finds nothing is answered by the embedded broker only when this time is over, even if
            // something comes before; a real Kafka answers at once.
            configuration = try ConnectionOptions.configuration(
                invocation, servers: broker.bootstrapServers, defaults: ["fetch.wait.max.ms": "1"])
            topics = KafkaTopics(prefix: id + "-", applicationID: id)
        }
        isEmbedded = broker != nil
        let wanted = ApplicationTopics(topics: topics, partitions: partitions)
        let all = wanted.publicTopics + wanted.internalTopics
        if let broker {
            try broker.createTopics(all)
        } else {
            _ = try ApplicationTopics.create(all, configuration)
        }
        directory = try TemporaryDirectory()
        serveArguments =
            [
                "--brokers", configuration.bootstrapServers, "--application-id", id, "--topic-prefix", topics.prefix,
                "--state-dir", directory.path + "/state",
            ] + configuration.properties.sorted { $0.key < $1.key }.flatMap { ["--kafka", "\($0.key)=\($0.value)"] }
    }

    var name: String {
        isEmbedded
            ? "the embedded broker in this process, \(partitions) partitions"
            : "Kafka at \(configuration.bootstrapServers), \(partitions) partitions, topics '\(topics.prefix)…'"
    }

    func close() {
        broker?.stop()
        directory.remove()
    }

    /// Publishes everything, and makes sure that the broker keeps all of it.
    func load(_ catalogue: Catalogue, _ stream: RatingTable, _ stop: StopSignal) throws {
        let replay = try StreamReplay(configuration: configuration, topics: topics, speed: .max)
        _ = try replay.publish(movies: catalogue.movies)
        _ = try replay.publish(users: catalogue.users)
        var progress = Progress("loading", total: stream.count)
        defer { progress.clear() }
        let published = try replay.publish(
            ratings: stream, from: 0, shouldStop: { stop.isSet }, progress: { progress.update($0) })
        if stop.isSet { throw BenchPipelineRun.Interrupted() }
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        var kept = 0
        for partition in 0..<partitions {
            let bounds = try admin.bounds(of: topics.name(of: .ratings), Int32(partition))
            kept += bounds.count
        }
        guard kept == published else {
            throw UserFacingError(
                "the broker kept \(grouped(kept)) of \(grouped(published)) ratings, so nothing can be measured on it:"
                    + " use fewer with --limit, or a Kafka that keeps all")
        }
    }

    /// The fewest partitions that hold the stream: by key, as the producer will spread it.
    private static func partitions(for stream: RatingTable) throws -> Int {
        let key = ByteBuffer()
        let value = ByteBuffer()
        for count in embeddedPartitionChoices {
            var bytes = Array(repeating: 0, count: count)
            for row in 0..<stream.count {
                key.removeAll()
                key.appendDecimal(Int64(stream.userIDs[row]))
                value.removeAll()
                var rating = stream[row]
                rating.eventID = String(row)
                JSONEventWriter.append(rating, to: value)
                let partition = KafkaPartitioner.partition(of: key.bytes, count: count)
                bytes[partition] += key.count + value.count + recordOverheadBytes
                if bytes[partition] > embeddedPartitionBytesMax { break }
            }
            if bytes.allSatisfy({ $0 <= embeddedPartitionBytesMax }) { return count }
        }
        throw UserFacingError(
            "\(grouped(stream.count)) ratings are more than the embedded broker keeps: use fewer with --limit"
                + " (\(grouped(1_000_000)) fit), or a Kafka with --brokers")
    }
}
