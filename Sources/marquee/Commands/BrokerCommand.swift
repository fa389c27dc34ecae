import CommandLineOptions
import Foundation
import Kafka

/// `marquee broker`: the embedded broker until a signal comes.
enum BrokerCommand {
    static func run(_ invocation: Invocation) throws -> Int32 {
        let stop = StopSignal()
        let port = try invocation.int("port")
        let broker: EmbeddedBroker
        do {
            broker = try EmbeddedBroker(port: UInt16(port))
        } catch {
            throw UserFacingError(
                "can't listen on 127.0.0.1:\(port): another process has it; choose another with --port")
        }
        defer { broker.stop() }
        let topics = KafkaTopics(prefix: invocation.string(ifSet: "topic-prefix") ?? "")
        let wanted = ApplicationTopics(topics: topics, partitions: try invocation.int("partitions"))
        for topic in wanted.publicTopics { try broker.createTopic(topic.name, partitions: topic.partitions) }
        Terminal.log(
            "a broker in memory serves on \(broker.bootstrapServers) with the topics"
                + " \(wanted.publicTopics.map(\.name).joined(separator: ", "))")
        let woken = DispatchSemaphore(value: 0)
        stop.onSet { woken.signal() }
        woken.wait()
        return ExitCode.done
    }
}
