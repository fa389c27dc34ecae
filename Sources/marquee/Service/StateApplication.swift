import CommandLineOptions
import Kafka
import Streaming

/// The application that a command of `marquee state` is about.
struct StateApplication {
    let connection: ConnectionOptions
    let stateDirectory: String

    /// Checks that there is such an application.
    init(_ invocation: Invocation) throws {
        let applicationID = try invocation.string("application-id")
        connection = try ConnectionOptions(invocation, applicationID: applicationID)
        guard try connection.admin.partitionCount(of: connection.topics.journal) != nil else {
            throw UserFacingError(
                "there is no application '\(applicationID)' on \(connection.configuration.bootstrapServers): its"
                    + " journal '\(connection.topics.journal)' is missing; name another with --application-id")
        }
        stateDirectory =
            try invocation.string(ifSet: "state-dir") ?? RecommenderService.standardStateDirectory(connection)
    }

    var topics: KafkaTopics { connection.topics }

    /// Its checkpoints.
    func store() throws -> CheckpointStore {
        CheckpointStore(
            directory: stateDirectory, log: try KafkaCheckpointLog.open(connection.configuration, topics: topics))
    }

    /// Throws when an instance runs, leading or not, anywhere. One that died counts until its session has timed out.
    func checkNobodyServes() throws {
        let group = topics.applicationID
        if try connection.admin.isEmbeddedBroker() { return }
        let count = try connection.admin.memberCount(of: group)
        if count == 0 { return }
        throw UserFacingError(
            "the group '\(group)' has \(count == 1 ? "a member" : "\(count) members"): stop every 'marquee serve' of it; one"
                + " that died is taken off after its session time-out")
    }
}
