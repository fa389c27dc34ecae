import CommandLineOptions
import Kafka

/// `marquee topics create|check`.
enum TopicsCommand {
    private struct Finding: Encodable {
        var topic: String
        var problem: String
        var fix: String
        /// Whether `serve` refuses to start.
        var isFatal: Bool
    }

    static func create(_ invocation: Invocation) throws -> Int32 {
        let connection = try connect(invocation)
        let wanted = ApplicationTopics(
            topics: connection.topics, partitions: try invocation.int("partitions"),
            replication: try invocation.int("replication"))
        let all = wanted.publicTopics + wanted.internalTopics
        let created = try ApplicationTopics.create(all, connection.configuration)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(["created": created.sorted()])
            return ExitCode.done
        }
        for topic in all {
            Terminal.print("\(topic.name): \(created.contains(topic.name) ? "made" : "was there")")
        }
        return ExitCode.done
    }

    static func check(_ invocation: Invocation) throws -> Int32 {
        let connection = try connect(invocation)
        let findings = try inspect(connection)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(["findings": findings])
        } else if findings.isEmpty {
            Terminal.print("all topics are as they should be")
        } else {
            for finding in findings { Terminal.print("\(finding.topic): \(finding.problem); \(finding.fix)") }
        }
        return findings.contains(where: \.isFatal) ? ExitCode.failed : ExitCode.done
    }

    private static func connect(_ invocation: Invocation) throws -> ConnectionOptions {
        let applicationID = try invocation.string("application-id")
        guard ServeCommand.isTopicName(applicationID) else {
            throw invocation.error("application-id", expected: "letters, digits and hyphens")
        }
        return try ConnectionOptions(invocation, applicationID: applicationID)
    }

    private static func inspect(_ connection: ConnectionOptions) throws -> [Finding] {
        let admin = try KafkaAdmin(connection.configuration)
        defer { admin.close() }
        let wanted = ApplicationTopics(topics: connection.topics, partitions: 1)
        let publicNames = wanted.publicTopics.map(\.name)
        var findings: [Finding] = []
        var partitions: [String: Int] = [:]
        for topic in wanted.publicTopics + wanted.internalTopics {
            guard let found = try admin.describe(topic.name) else {
                let isPublic = publicNames.contains(topic.name)
                findings.append(
                    Finding(
                        topic: topic.name, problem: "it is missing",
                        fix: isPublic
                            ? "run '\(connection.creationCommand)'" : "'marquee serve' will make it",
                        isFatal: isPublic))
                continue
            }
            partitions[topic.name] = found.partitions
            findings += compare(topic, found)
        }
        let ratings = connection.topics.name(of: .ratings)
        if let wantedCount = partitions[ratings] {
            for name in publicNames where partitions[name] != nil && partitions[name] != wantedCount {
                findings.append(
                    Finding(
                        topic: name,
                        problem: "it has \(partitions[name] ?? 0) partitions, \(ratings) has \(wantedCount)",
                        fix: "a user's records do not share a partition number; make the topic anew to have that",
                        isFatal: false))
            }
        }
        return findings
    }

    /// What of a topic's settings endangers a later replay, with the command of Kafka's own tools that mends it.
    private static func compare(_ wanted: NewKafkaTopic, _ found: KafkaTopicDescription) -> [Finding] {
        wanted.settings.sorted { $0.key < $1.key }.compactMap { name, value in
            // The embedded broker does not tell its settings.
            guard let actual = found.settings[name], !isGoodEnough(name, actual, value) else { return nil }
            return Finding(
                topic: wanted.name, problem: "\(name) is \(actual), a later replay wants \(value)",
                fix: "kafka-configs.sh --alter --entity-type topics --entity-name \(wanted.name)"
                    + " --add-config \(name)=\(value)",
                isFatal: false)
        }
    }

    private static func isGoodEnough(_ name: String, _ actual: String, _ wanted: String) -> Bool {
        if actual == wanted { return true }
        guard name.hasSuffix(".ms"), let has = Int64(actual), let needs = Int64(wanted) else { return false }
        if has < 0 { return true }
        return needs >= 0 && has >= needs
    }
}
