import CommandLineOptions
import Foundation
import Kafka
import Learning
import Streaming

/// `marquee serve`: the service, until a signal comes.
enum ServeCommand {
    /// A stop takes no longer than this.
    private static let stopSeconds: UInt32 = 10
    /// After so many sampled lists the older ones count half.
    private static let listsThatCount = 4000.0
    /// Between two lines about the quality of lists.
    private static let qualityIntervalSeconds: UInt32 = 60

    static func run(_ invocation: Invocation) throws -> Int32 {
        try refuseWhatIsNotThereYet(invocation)
        let applicationID = try invocation.string("application-id")
        guard isTopicName(applicationID) else {
            throw invocation.error("application-id", expected: "letters, digits and hyphens")
        }
        let commitInterval = try commitInterval(invocation)
        let journalKept = try journalRetention(invocation)
        // A limit on the size of files makes a write fail, as a full disk does, and not the process.
        signal(SIGXFSZ, SIG_IGN)
        let stop = StopSignal()
        let connection = try ConnectionOptions(invocation, applicationID: applicationID)
        let stateDirectory =
            try invocation.string(ifSet: "state-dir") ?? RecommenderService.standardStateDirectory(connection)
        let warnings = try TopicChecks.prepare(connection)
        let servers = connection.configuration.bootstrapServers
        let (delivery, electsLeader) = try delivery(invocation.string(ifSet: "delivery"), connection)
        connection.admin.close()

        let figures = LiveFigures()
        let model = ModelKind(invocation)
        let service = RecommenderService(
            RecommenderService.Settings(
                configuration: connection.configuration, topics: connection.topics, stateDirectory: stateDirectory,
                listLength: try invocation.int("top-k"), delivery: delivery, electsLeader: electsLeader,
                commitIntervalNanoseconds: commitInterval,
                onLostOffsets: try invocation.string("on-lost-offsets") == "earliest" ? .earliest : .fail,
                journalKeptMilliseconds: journalKept, model: model, eviction: Eviction(invocation),
                indexRecall: Double(try invocation.string("index-recall")) ?? 1,
                notice: { Terminal.log($0) },
                onLive: { counters in
                    Terminal.log(
                        "serving '\(applicationID)' on \(servers), state in \(stateDirectory)")
                    Terminal.log(counters.index.line(atStart: true))
                    for warning in warnings { Terminal.log("warning: \(warning.sentence)") }
                },
                makeObserver: { recommender in
                    var settings = LiveEvaluation.Settings()
                    settings.halvesAfterLists = listsThatCount
                    settings.intervalSecondsMin = 0.05
                    settings.makeModel = { try model.makeModel() }
                    return LiveEvaluation(recommender, settings, figures: figures)
                }),
            stop: stop)
        watch(service, stop)
        log(figures, service, stop)
        do {
            try service.wait()
        } catch let error as KafkaError {
            if case .topicMissing(let topic) = error { throw connection.missing(topic) }
            throw error
        }
        Terminal.log("stopped")
        return ExitCode.done
    }

    /// Says how good lists and predictions are, as long as ratings come.
    private static func log(_ figures: LiveFigures, _ service: RecommenderService, _ stop: StopSignal) {
        Thread.detachNewThread {
            var said = 0
            while !stop.isSet {
                sleep(qualityIntervalSeconds)
                let ratings = service.counters?.ratings.load(ordering: .relaxed) ?? 0
                if ratings == said { continue }
                said = ratings
                if let line = figures.line { Terminal.log(line) }
                if let counters = service.counters { Terminal.log(counters.index.line()) }
            }
        }
    }

    /// What is promised, and whether the broker has groups to elect a leader by. The embedded broker answers transactional
    /// calls but keeps none of their promises.
    static func delivery(
        _ asked: String?, _ connection: ConnectionOptions
    ) throws -> (Delivery, electsLeader: Bool) {
        let isEmbedded = try connection.admin.isEmbeddedBroker()
        switch asked {
        case "at-least-once": return (.atLeastOnce, !isEmbedded)
        case "exactly-once" where isEmbedded:
            throw UserFacingError(
                "the embedded broker at \(connection.configuration.bootstrapServers) has no transactions: serve on an"
                    + " Apache Kafka, or with --delivery at-least-once")
        default: return isEmbedded ? (.atLeastOnce, false) : (.exactlyOnce, true)
        }
    }

    private static func commitInterval(_ invocation: Invocation) throws -> UInt64 {
        guard let milliseconds = try invocation.duration("commit-interval").milliseconds else { return 0 }
        guard (1...60_000).contains(milliseconds) else {
            throw invocation.error("commit-interval", expected: "auto, or 1ms to 60s")
        }
        return UInt64(milliseconds) * 1_000_000
    }

    private static func journalRetention(_ invocation: Invocation) throws -> Int64 {
        guard let milliseconds = try invocation.duration("journal-retention").milliseconds, milliseconds >= 0 else {
            throw invocation.error("journal-retention", expected: "a time such as 30d")
        }
        return milliseconds
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
        if try invocation.string("http") != "off" { throw refuse("http", "off") }
    }

    static func isTopicName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == 0x2D
            }
    }
}
