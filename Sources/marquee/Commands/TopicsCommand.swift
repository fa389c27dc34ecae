import CommandLineOptions
import Kafka

/// `marquee topics create|check`.
enum TopicsCommand {
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
        let wanted = ApplicationTopics(topics: connection.topics, partitions: 1)
        let found = try connection.admin.describe((wanted.publicTopics + wanted.internalTopics).map(\.name))
        let checks = TopicChecks(topics: connection.topics, creationCommand: connection.creationCommand)
        let findings = checks.findings(found)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(["findings": findings])
        } else if findings.isEmpty {
            Terminal.print("all topics are as they should be")
        } else {
            for finding in findings { Terminal.print(finding.sentence) }
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
}
