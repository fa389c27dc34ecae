import CommandLineOptions
import Foundation
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

    /// How long an instance that died counts as a member: until its session times out.
    private static let sessionSeconds = 7.0

    /// Throws when an instance leads or is about to, anywhere; waits for one that died to be taken off.
    func checkNobodyServes() throws {
        let group = topics.applicationID
        if try connection.admin.isEmbeddedBroker() { return }
        let end = MonotonicTime.seconds + Self.sessionSeconds
        while true {
            let count = try connection.admin.memberCount(of: group)
            if count == 0 { return }
            if MonotonicTime.seconds > end {
                throw UserFacingError(
                    "the group '\(group)' has \(count == 1 ? "a member" : "\(count) members"): stop every 'marquee serve'"
                        + " of it")
            }
            usleep(200_000)
        }
    }
}
