import CommandLineOptions
import Foundation
import Kafka
import Streaming

/// `marquee serve`: the service, until a signal comes.
enum ServeCommand {
    /// A stop takes no longer than this.
    private static let stopSeconds: UInt32 = 10

    static func run(_ invocation: Invocation) throws -> Int32 {
        try refuseWhatIsNotThereYet(invocation)
        let applicationID = try invocation.string("application-id")
        guard isTopicName(applicationID) else {
            throw invocation.error("application-id", expected: "letters, digits and hyphens")
        }
        let stop = StopSignal()
        let connection = try ConnectionOptions(invocation, applicationID: applicationID)
        let stateDirectory =
            try invocation.string(ifSet: "state-dir") ?? RecommenderService.standardStateDirectory(connection)
        let warnings = try TopicChecks.prepare(connection)
        connection.admin.close()
        let servers = connection.configuration.bootstrapServers

        let service = RecommenderService(
            RecommenderService.Settings(
                configuration: connection.configuration, topics: connection.topics, stateDirectory: stateDirectory,
                listLength: try invocation.int("top-k"), notice: { Terminal.log($0) },
                onLive: {
                    Terminal.log(
                        "serving '\(applicationID)' on \(servers), state in \(stateDirectory)")
                    for warning in warnings { Terminal.log("warning: \(warning.sentence)") }
                }),
            stop: stop)
        watch(service, stop)
        do {
            try service.wait()
        } catch let error as KafkaError {
            if case .topicMissing(let topic) = error { throw connection.missing(topic) }
            throw error
        }
        Terminal.log("stopped")
        return ExitCode.done
    }

    /// Shows progress on a terminal, and ends the process when a stop hangs.
    private static func watch(_ service: RecommenderService, _ stop: StopSignal) {
        stop.onSet {
            Thread.detachNewThread {
                sleep(stopSeconds)
                if !service.hasEnded {
                    Terminal.log("the service did not stop within \(stopSeconds) s; the journal says where it goes on")
                    exit(ExitCode.failed)
                }
            }
        }
        guard Terminal.isErrorTerminal else { return }
        Thread.detachNewThread {
            var progress = Progress("ratings", total: nil)
            while !stop.isSet {
                usleep(500_000)
                if let counters = service.counters { progress.update(counters.ratings.load(ordering: .relaxed)) }
            }
            progress.clear()
        }
    }

    private static func refuseWhatIsNotThereYet(_ invocation: Invocation) throws {
        func refuse(_ name: String, _ only: String) -> UsageError {
            invocation.error(name, expected: "\(only), the only value so far")
        }
        if try invocation.string("delivery") != "at-least-once" { throw refuse("delivery", "at-least-once") }
        if try invocation.string("http") != "off" { throw refuse("http", "off") }
        if try invocation.duration("commit-interval") != .auto { throw refuse("commit-interval", "auto") }
        if try invocation.string("on-lost-offsets") != "fail" { throw refuse("on-lost-offsets", "fail") }
        if invocation.isSet("model") {
            throw UsageError("--model is not there yet: leave it out to serve the streaming model")
        }
    }

    static func isTopicName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == 0x2D
            }
    }
}
