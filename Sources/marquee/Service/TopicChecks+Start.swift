import Kafka

extension TopicChecks {
    /// Makes Marquee's own topics where they are missing and checks all of them before a service starts; returns what
    /// endangers a later replay.
    ///
    /// A look at each topic and one request for the settings of all.
    ///
    /// - Throws: `UserFacingError` with the reason and the fix when the service can't do its work on them.
    static func prepare(_ connection: ConnectionOptions) throws -> [TopicFinding] {
        let admin = connection.admin
        var wanted = ApplicationTopics(topics: connection.topics, partitions: 1)
        var found = try admin.describe((wanted.publicTopics + wanted.internalTopics).map(\.name))
        for topic in wanted.publicTopics where found[topic.name] == nil { throw connection.missing(topic.name) }
        if let ratings = found[connection.topics.name(of: .ratings)] {
            wanted.partitions = ratings.partitions
            // As safe as what they stand for.
            wanted.replication = max(1, ratings.replication)
        }
        let missing = wanted.internalTopics.filter { found[$0.name] == nil }
        if !missing.isEmpty {
            _ = try admin.create(missing)
            found.merge(try admin.describe(missing.map(\.name))) { $1 }
        }
        let checks = TopicChecks(topics: connection.topics, creationCommand: connection.creationCommand)
        let findings = checks.findings(found)
        if let fatal = findings.first(where: \.isFatal) { throw UserFacingError(fatal.sentence) }
        return findings
    }
}
