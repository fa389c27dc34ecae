import CommandLineOptions
import Foundation
import Kafka
import Learning
import Streaming

/// `marquee state rebuild`: learns the retained log anew.
enum StateRebuildCommand {
    /// How long an instance that died may still count as the leader: until its session times out.
    private static let patienceSeconds = 30.0

    static func run(_ invocation: Invocation) throws -> Int32 {
        let application = try StateApplication(invocation)
        if !invocation.flag("execute") { return try plan(application) }
        try application.checkNobodyServes()
        let (delivery, electsLeader) = try ServeCommand.delivery(nil, application.connection)
        application.connection.admin.close()

        let stop = StopSignal()
        let id = application.topics.applicationID
        let began = MonotonicTime.seconds
        let service = RecommenderService(
            RecommenderService.Settings(
                configuration: application.connection.configuration, topics: application.topics,
                stateDirectory: application.stateDirectory, delivery: delivery, electsLeader: electsLeader,
                isRebuild: true, model: ModelKind(invocation),
                eviction: Eviction(invocation), notice: { Terminal.log($0) }),
            stop: stop)
        watch(service, stop)
        try service.wait()
        let ratings = service.counters?.ratings.load(ordering: .relaxed) ?? 0
        let epoch = service.counters?.journaledEpoch.load(ordering: .relaxed) ?? 0
        Terminal.print(
            "learnt '\(id)' anew from \(grouped(ratings)) ratings in \(fixed(MonotonicTime.seconds - began, 1)) s, up to"
                + " epoch \(epoch)")
        return ExitCode.done
    }

    /// Says what would be done, and changes nothing.
    private static func plan(_ application: StateApplication) throws -> Int32 {
        let source = try KafkaEventSource(application.connection.configuration, topics: application.topics)
        defer { source.close() }
        let books = try RebuildBooks(
            applicationID: application.topics.applicationID, topicPrefix: application.topics.prefix, listLength: 20,
            source: source,
            journal: try KafkaJournalLog(application.connection.configuration, topics: application.topics),
            store: try application.store(), notice: { Terminal.log($0) })
        let processed = try books.processed()
        Terminal.print(
            "would learn '\(application.topics.applicationID)' anew from \(grouped(Int(processed.offsets))) records, as a"
                + " lineage that begins at epoch \(books.nextEpoch)")
        Terminal.print("would keep sequence and last list of \(grouped(books.listCount)) users")
        Terminal.print("would leave out \(grouped(books.forgottenCount)) forgotten users")
        Terminal.print("nothing is changed: run it with --execute")
        return ExitCode.done
    }

    static func otherLeads(_ applicationID: String) -> UserFacingError {
        UserFacingError("another instance of '\(applicationID)' leads: stop it, then run 'marquee state rebuild' again")
    }

    /// Shows progress on a terminal, and gives up when the lead does not come.
    private static func watch(_ service: RecommenderService, _ stop: StopSignal) {
        Thread.detachNewThread {
            let end = MonotonicTime.seconds + patienceSeconds
            var progress = Progress("ratings", total: nil)
            while !stop.isSet {
                usleep(200_000)
                guard let counters = service.counters else { continue }
                if counters.isLive.load(ordering: .acquiring) {
                    progress.update(counters.ratings.load(ordering: .relaxed))
                } else if counters.journaledEpoch.load(ordering: .relaxed) == 0, MonotonicTime.seconds > end {
                    stop.set()
                }
            }
            progress.clear()
        }
    }
}
