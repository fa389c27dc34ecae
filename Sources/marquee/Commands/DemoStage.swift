import Foundation
import Kafka

/// What a demo plays on: an embedded broker with all topics, and a reader of the lists.
final class DemoStage {
    private static let partitions = 4
    /// A fetch that finds nothing is answered by the embedded broker only when this time is over, even if something
    /// comes before; a real Kafka answers at once.
    private static let properties = ["fetch.wait.max.ms": "1"]

    let topics = KafkaTopics()
    let configuration: KafkaConfiguration
    let lists = DemoLists()
    let reader: ListReader
    /// For the service, which finds nothing there.
    let stateDirectory: TemporaryDirectory
    private let broker: EmbeddedBroker

    init() throws {
        stateDirectory = try TemporaryDirectory()
        do {
            broker = try EmbeddedBroker()
            let wanted = ApplicationTopics(topics: topics, partitions: Self.partitions)
            try broker.createTopics(wanted.publicTopics + wanted.internalTopics)
            configuration = try KafkaConfiguration(
                bootstrapServers: broker.bootstrapServers, properties: Self.properties)
            reader = try ListReader(configuration, topics: topics) { [lists] in lists.note($0) }
        } catch {
            stateDirectory.remove()
            throw error
        }
    }

    func close() {
        // What went wrong with it, its user has been told.
        try? reader.stop()
        broker.stop()
        stateDirectory.remove()
    }
}
