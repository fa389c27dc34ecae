import Events
import Kafka

/// The topics of an application as they should be, and how to make them.
struct ApplicationTopics {
    var topics: KafkaTopics
    var partitions: Int
    var replication = 1

    private static let sevenDaysMilliseconds = "604800000"

    /// Read and written by people: `serve` does not make them.
    var publicTopics: [NewKafkaTopic] {
        // A compacted input must be read again exactly as it was while checkpoints may still replay it.
        let compacted = [
            "cleanup.policy": "compact", "min.compaction.lag.ms": Self.sevenDaysMilliseconds,
            "delete.retention.ms": String(Int64.max),
        ]
        return [
            NewKafkaTopic(
                name: topics.name(of: .ratings), partitions: partitions, replication: replication,
                settings: ["cleanup.policy": "delete", "retention.ms": "-1"]),
            NewKafkaTopic(
                name: topics.name(of: .users), partitions: partitions, replication: replication, settings: compacted),
            NewKafkaTopic(
                name: topics.name(of: .movies), partitions: partitions, replication: replication, settings: compacted),
            NewKafkaTopic(
                name: topics.recommendations, partitions: partitions, replication: replication,
                settings: ["cleanup.policy": "compact"]),
        ]
    }

    /// Marquee's own: `serve` makes those that are missing.
    var internalTopics: [NewKafkaTopic] {
        [
            NewKafkaTopic(
                name: topics.deadLetters, partitions: partitions, replication: replication,
                settings: ["cleanup.policy": "delete"]),
            // One partition a cell.
            NewKafkaTopic(
                name: topics.journal, partitions: 1, replication: replication,
                settings: ["cleanup.policy": "delete", "retention.ms": "-1"]),
            // Trimmed by the service and cleared by compaction: `delete` allows the one, without expiring anything.
            NewKafkaTopic(
                name: topics.checkpoints, partitions: 1, replication: replication,
                settings: [
                    "cleanup.policy": "compact,delete", "retention.ms": "-1", "retention.bytes": "-1",
                    "segment.bytes": "67108864", "max.compaction.lag.ms": "3600000",
                ]),
        ]
    }

    /// Makes the topics of a list that are missing; returns their names.
    static func create(_ wanted: [NewKafkaTopic], _ configuration: KafkaConfiguration) throws -> [String] {
        let admin = try KafkaAdmin(configuration)
        defer { admin.close() }
        let missing = try wanted.filter { try admin.partitionCount(of: $0.name) == nil }
        if missing.isEmpty { return [] }
        return try admin.create(missing)
    }
}
