import CommandLineOptions
import Foundation
import Kafka
import Streaming

/// `marquee state reset`: takes everything back that an application published and learnt.
///
/// Lists go first, so that no reader keeps what nobody stands behind any more. Interrupted, it is run again: until then
/// the service refuses to start, since its group's offsets are ahead of its journal.
enum StateResetCommand {
    /// The list of a user and the partition that it stands in.
    private struct Place: Hashable {
        var key: [UInt8]
        var partition: Int32
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let application = try StateApplication(invocation)
        let configuration = application.connection.configuration
        let admin = application.connection.admin
        guard try !admin.isEmbeddedBroker() else {
            throw UserFacingError(
                "the embedded broker at \(configuration.bootstrapServers) can't delete anything: stop it, and all of it is"
                    + " gone")
        }
        let topics = application.topics
        let isDone = invocation.flag("execute")
        let lock = StateDirectoryLock(directory: application.stateDirectory)
        if isDone {
            try application.checkNobodyServes()
            try lock.acquire()
            // Ends what a leader that died has left open; whoever comes back from the dead can't publish any more.
            let producer = KafkaTransactionalProducer(configuration, topics: topics)
            try producer.reset()
            producer.close()
        }
        defer { lock.release() }

        let lists = try lists(application)
        if isDone { try takeBack(lists, application) }
        let journal = try admin.bounds(of: topics.journal, 0)
        if isDone { try admin.deleteRecords(of: topics.journal, 0, before: journal.upperBound) }
        let store = try application.store()
        let files = store.epochs()
        if isDone {
            store.removeAllFiles()
            _ = try store.topic?.removeAll()
            try admin.deleteGroup(topics.applicationID)
        }

        let verb = isDone ? "took back" : "would take back"
        Terminal.print("\(verb) \(grouped(lists.count)) lists in '\(topics.recommendations)'")
        Terminal.print("\(isDone ? "cleared" : "would clear") \(grouped(journal.count)) offsets of '\(topics.journal)'")
        Terminal.print(
            "\(isDone ? "removed" : "would remove") \(files.count) checkpoints in \(application.stateDirectory), those in"
                + " '\(topics.checkpoints)', and the offsets of group '\(topics.applicationID)'")
        if !isDone { Terminal.print("nothing is changed: run it with --execute") }
        return ExitCode.done
    }

    /// The lists that stand now.
    private static func lists(_ application: StateApplication) throws -> Set<Place> {
        var lists: Set<Place> = []
        let reader: KafkaTopicReader
        do {
            reader = try KafkaTopicReader(
                application.connection.configuration, topic: application.topics.recommendations, from: .beginning)
        } catch KafkaError.topicMissing(let topic) {
            throw application.connection.missing(topic)
        }
        try reader.readToEnd { record in
            let place = Place(key: Array(record.key), partition: record.partition)
            if record.value.baseAddress == nil { lists.remove(place) } else { lists.insert(place) }
        }
        return lists
    }

    private static func takeBack(_ lists: Set<Place>, _ application: StateApplication) throws {
        let producer = try KafkaEventProducer(application.connection.configuration)
        defer { producer.close() }
        let topic = try producer.topic(application.topics.recommendations)
        for place in lists { try producer.send(to: topic, (key: place.key, value: nil), partition: place.partition) }
        try producer.flush()
    }
}
