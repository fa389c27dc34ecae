import Events
import Foundation
import Kafka
import Learning
import Recommending
import Streaming
import Synchronization
import VectorIndex

/// The service on a thread of its own: the one place where its parts are wired.
final class RecommenderService: Sendable {
    struct Settings: Sendable {
        var configuration: KafkaConfiguration
        var topics: KafkaTopics
        var stateDirectory: String
        var listLength = 20
        var delivery = Delivery.atLeastOnce
        /// Elects the leader by the consumer group; without one, whoever holds the lock of the state directory leads.
        var electsLeader = false
        /// Between commits; 0 = as it suits.
        var commitIntervalNanoseconds: UInt64 = 0
        var onLostOffsets = StreamProcessor.LostOffsets.fail
        var journalKeptMilliseconds: Int64 = 30 * 86_400_000
        /// Learns the log anew and ends, instead of serving.
        var isRebuild = false
        var model = ModelKind.twoHeads
        var eviction = Eviction()
        /// The part of the best movies that a search of the index must find.
        var indexRecall = 1.0
        /// Lines for the log; called from the service's thread.
        var notice: @Sendable (String) -> Void = { _ in }
        /// Called from the service's thread when the state is restored and the stream is read.
        var onLive: @Sendable (StreamCounters) -> Void = { _ in }
        /// Makes a look-on at events before they are learnt; for quality figures.
        var makeObserver: (@Sendable (Recommender) -> any LearningObserver)?
    }

    private let stop: StopSignal
    private let ended = DispatchSemaphore(value: 0)
    private let failure = Mutex<(any Error)?>(nil)
    private let liveCounters = Mutex<StreamCounters?>(nil)

    /// Starts the thread; what goes wrong comes out of `wait`.
    init(_ settings: Settings, stop: StopSignal) {
        self.stop = stop
        let thread = Thread { [self] in
            do {
                try run(settings)
            } catch {
                failure.withLock { $0 = error }
            }
            ended.signal()
            stop.set()
        }
        thread.name = "learner"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// What the loop has done, as soon as it is wired.
    var counters: StreamCounters? { liveCounters.withLock { $0 } }

    /// Waits for the thread to end and throws what ended it.
    func wait() throws {
        ended.wait()
        ended.signal()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Whether it has ended.
    var hasEnded: Bool {
        if ended.wait(timeout: .now()) == .timedOut { return false }
        ended.signal()
        return true
    }

    private func run(_ settings: Settings) throws {
        let lock = StateDirectoryLock(directory: settings.stateDirectory)
        try lock.acquire()
        defer { lock.release() }

        let source = try KafkaEventSource(settings.configuration, topics: settings.topics)
        let signal = source.signal
        stop.onSet { signal.raise() }
        let leadership = try makeLeadership(settings, source)
        let sink = try makeSink(settings, source, leadership)
        let model = try settings.model.makeModel()
        let learner = Learner(
            model: model, batchCapacity: StreamLimits.batchRecordsMax, eviction: settings.eviction)
        let recommender = try Recommender(
            learner: learner,
            index: IndexDesign.makeIndex(dimension: model.dimension, targetRecall: settings.indexRecall),
            listLength: settings.listLength)
        var processorSettings = StreamProcessor.Settings()
        processorSettings.applicationID = settings.topics.applicationID
        processorSettings.topicPrefix = settings.topics.prefix
        processorSettings.listLength = settings.listLength
        processorSettings.commitIntervalNanoseconds = settings.commitIntervalNanoseconds
        processorSettings.onLostOffsets = settings.onLostOffsets
        processorSettings.journalKeptMilliseconds = settings.journalKeptMilliseconds
        let processor = StreamProcessor(
            settings: processorSettings, recommender: recommender,
            lists: PublishedLists(capacity: settings.listLength), encoder: JSONRecommendationListEncoder(),
            source: source, sink: sink, journal: try KafkaJournalLog(settings.configuration, topics: settings.topics),
            leadership: leadership, clock: SystemClock(),
            store: CheckpointStore(
                directory: settings.stateDirectory,
                log: try KafkaCheckpointLog.open(settings.configuration, topics: settings.topics)))
        processor.notice = settings.notice
        processor.onLead = { [counters = processor.counters] in settings.onLive(counters) }
        // The embedded broker drops what is old by itself.
        if settings.electsLeader {
            processor.trimJournal(
                with: KafkaJournalTrim(settings.configuration, topics: settings.topics), notice: settings.notice)
        }
        processor.observer = settings.makeObserver?(recommender)
        liveCounters.withLock { $0 = processor.counters }

        do {
            if settings.isRebuild {
                let isDone = try processor.rebuild { stop.isSet }
                if !isDone { throw StateRebuildCommand.otherLeads(settings.topics.applicationID) }
            } else {
                try processor.run { stop.isSet }
            }
        } catch {
            // The process ends now. Its clients are left as they are: closing them would flush, or wait for a broker.
            for part in [source, leadership, sink] as [AnyObject] { _ = Unmanaged.passRetained(part) }
            throw error
        }
        try? sink.close(waitMilliseconds: 2000)
        source.close()
    }

    private func makeLeadership(_ settings: Settings, _ source: KafkaEventSource) throws -> any Leadership {
        if !settings.electsLeader { return LoneLeadership(settings.configuration, topics: settings.topics) }
        let instance = InstanceIdentity.name(
            host: ProcessInfo.processInfo.hostName,
            stateDirectory: URL(fileURLWithPath: settings.stateDirectory).standardizedFileURL.path)
        let leadership = try GroupLeadership(settings.configuration, topics: settings.topics, instanceID: instance)
        leadership.signal(source.signal)
        leadership.notice = settings.notice
        return leadership
    }

    private func makeSink(
        _ settings: Settings, _ source: KafkaEventSource, _ leadership: any Leadership
    ) throws -> any EventSink {
        switch settings.delivery {
        case .atLeastOnce:
            let sink = try KafkaEventSink(settings.configuration, topics: settings.topics)
            sink.signal(to: source)
            return sink
        case .exactlyOnce:
            let signal = source.signal
            return TransactionalSink(
                producer: KafkaTransactionalProducer(settings.configuration, topics: settings.topics),
                proof: leadership.proof,
                journal: try KafkaJournalLog(settings.configuration, topics: settings.topics),
                wake: { signal.raise() }, notice: settings.notice)
        }
    }

    /// Where an application keeps its state unless it is told: by the XDG base directory specification, a folder a
    /// cluster and application, so that two clusters never share one.
    static func standardStateDirectory(_ connection: ConnectionOptions) throws -> String {
        let cluster = (try connection.admin.clusterID() ?? "kafka").filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
        }
        let environment = ProcessInfo.processInfo.environment
        let base =
            environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state"
        return "\(base)/marquee/\(cluster)/\(connection.topics.applicationID)"
    }
}
