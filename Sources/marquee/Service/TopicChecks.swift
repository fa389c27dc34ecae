import Events
import Kafka

/// Whether an application's topics are as it needs them. The one implementation behind `topics check` and the start of
/// `serve`.
///
/// What keeps the service from its work is fatal; what merely endangers a later replay is not, since topics that other
/// tools made must work. Settings that a broker does not tell are not judged.
struct TopicChecks {
    var topics: KafkaTopics
    /// The command that makes the public topics.
    var creationCommand: String

    /// Everything that is wrong with the topics as they were found, by name, in the order in which they are listed.
    func findings(_ found: [String: KafkaTopicDescription]) -> [TopicFinding] {
        let wanted = ApplicationTopics(topics: topics, partitions: 1)
        var findings: [TopicFinding] = []
        for topic in wanted.publicTopics {
            findings += found[topic.name].map { check(topic, $0) } ?? [missing(topic.name, isPublic: true)]
        }
        for topic in wanted.internalTopics {
            findings += found[topic.name].map { check(topic, $0) } ?? [missing(topic.name, isPublic: false)]
        }
        return findings + partitionCounts(wanted.publicTopics.compactMap { found[$0.name] })
    }

    private func missing(_ topic: String, isPublic: Bool) -> TopicFinding {
        TopicFinding(
            topic: topic, problem: "it is missing",
            fix: isPublic ? "run '\(creationCommand)'" : "'marquee serve' will make it", isFatal: isPublic)
    }

    private func check(_ wanted: NewKafkaTopic, _ found: KafkaTopicDescription) -> [TopicFinding] {
        let settings = wanted.settings.sorted { $0.key < $1.key }.compactMap { name, value in
            compare(found, name, value)
        }
        return settings + [size(wanted, found), copies(found)].compactMap { $0 }
    }

    // MARK: One setting

    private func compare(_ found: KafkaTopicDescription, _ name: String, _ wanted: String) -> TopicFinding? {
        guard let actual = found.settings[name] else { return nil }
        if name == "cleanup.policy" { return cleanup(found, actual, wanted) }
        if !Self.timesThatKeep.contains(name) || Self.isEnough(actual, wanted) { return nil }
        return TopicFinding(
            topic: found.name, problem: "\(name) is \(actual), a later replay wants \(wanted)",
            fix: alter(found.name, "\(name)=\(wanted)"), isFatal: false)
    }

    private func cleanup(_ found: KafkaTopicDescription, _ actual: String, _ wanted: String) -> TopicFinding? {
        let policy = Self.policies(actual)
        if policy == Self.policies(wanted) { return nil }
        let problem: String
        var isFatal = false
        switch (found.name, wanted) {
        case (topics.recommendations, _):
            isFatal = !policy.contains("compact")
            problem =
                isFatal
                ? "cleanup.policy is \(actual), so lists expire and tombstones of forgotten users take nothing away"
                : "cleanup.policy is \(actual), so lists of users who are quiet for long expire"
        case (topics.journal, _):
            isFatal = true
            problem = "cleanup.policy is \(actual), so compaction deletes all commits but the newest"
        case (_, "compact"), (topics.checkpoints, _):
            problem =
                Self.isEnough(found.settings["retention.ms"] ?? "-1", "-1")
                ? "cleanup.policy is \(actual), so every record ever is kept"
                : "cleanup.policy is \(actual), so records expire that a later replay wants"
        default:
            problem = "cleanup.policy is \(actual), so only the newest record of a key is kept"
        }
        // Kafka's tool takes a list in brackets.
        let value = wanted.contains(",") ? "[\(wanted)]" : wanted
        return TopicFinding(
            topic: found.name, problem: problem, fix: alter(found.name, "cleanup.policy=\(value)"), isFatal: isFatal)
    }

    /// Old records also go when a partition outgrows a limit.
    private func size(_ wanted: NewKafkaTopic, _ found: KafkaTopicDescription) -> TopicFinding? {
        guard wanted.settings["retention.ms"] != nil, let bytes = found.settings["retention.bytes"],
            !Self.isEnough(bytes, "-1"), Self.policies(found.settings["cleanup.policy"] ?? "").contains("delete")
        else { return nil }
        return TopicFinding(
            topic: found.name, problem: "retention.bytes is \(bytes), a later replay wants -1",
            fix: alter(found.name, "retention.bytes=-1"), isFatal: false)
    }

    /// Writes wait for as many copies as `min.insync.replicas` says; with fewer there are, none ever succeeds.
    private func copies(_ found: KafkaTopicDescription) -> TopicFinding? {
        guard let needed = found.settings["min.insync.replicas"].flatMap({ Int($0) }), needed > found.replication,
            found.replication > 0
        else { return nil }
        let copies = found.replication == 1 ? "1 copy" : "\(found.replication) copies"
        return TopicFinding(
            topic: found.name,
            problem: "min.insync.replicas is \(needed), but its partitions have \(copies), so nothing can be written",
            fix: "give it \(needed) copies with kafka-reassign-partitions.sh, or run"
                + " \(alter(found.name, "min.insync.replicas=\(found.replication)"))",
            isFatal: !InputTopic.allCases.contains { topics.name(of: $0) == found.name })
    }

    private func partitionCounts(_ found: [KafkaTopicDescription]) -> [TopicFinding] {
        let ratings = topics.name(of: .ratings)
        guard let wanted = found.first(where: { $0.name == ratings })?.partitions else { return [] }
        return found.filter { $0.partitions != wanted }.map {
            TopicFinding(
                topic: $0.name, problem: "it has \($0.partitions) partitions, \(ratings) has \(wanted)",
                fix: "a user's records do not share a partition number; make the topic anew to have that",
                isFatal: false)
        }
    }

    // MARK: Helpers

    /// Settings where less than is wanted makes records go too early.
    private static let timesThatKeep: Set<String> = ["retention.ms", "min.compaction.lag.ms", "delete.retention.ms"]

    private func alter(_ topic: String, _ setting: String) -> String {
        "kafka-configs.sh --alter --entity-type topics --entity-name \(topic) --add-config \(setting)"
    }

    private static func policies(_ text: String) -> Set<String> {
        Set(text.split(separator: ",").map { $0.filter { $0 != " " } })
    }

    /// For times and sizes, where more is better and -1 is without limit.
    private static func isEnough(_ actual: String, _ wanted: String) -> Bool {
        if actual == wanted { return true }
        guard let has = Int64(actual), let needs = Int64(wanted) else { return false }
        if has < 0 { return true }
        return needs >= 0 && has >= needs
    }
}
