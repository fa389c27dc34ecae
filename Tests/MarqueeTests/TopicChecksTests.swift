import Kafka
import Testing

@testable import marquee

/// What is said of topics, setting by setting, without a broker.
struct TopicChecksTests {
    private let topics = KafkaTopics(prefix: "p-", applicationID: "app")
    private let alter = "kafka-configs.sh --alter --entity-type topics --entity-name"

    /// All topics exactly as `topics create` makes them.
    private func wellMade() -> [String: KafkaTopicDescription] {
        let wanted = ApplicationTopics(topics: topics, partitions: 4, replication: 3)
        var found: [String: KafkaTopicDescription] = [:]
        for topic in wanted.publicTopics + wanted.internalTopics {
            var settings = [
                "cleanup.policy": "delete", "retention.ms": "604800000", "retention.bytes": "-1",
                "min.compaction.lag.ms": "0", "delete.retention.ms": "86400000", "min.insync.replicas": "2",
            ]
            settings.merge(topic.settings) { $1 }
            found[topic.name] = KafkaTopicDescription(
                name: topic.name, partitions: topic.partitions, replication: topic.replication, settings: settings)
        }
        return found
    }

    private func findings(_ change: (inout [String: KafkaTopicDescription]) -> Void) -> [TopicFinding] {
        var found = wellMade()
        change(&found)
        return TopicChecks(topics: topics, creationCommand: "marquee topics create").findings(found)
    }

    private func findings(_ topic: String, _ settings: [String: String]) -> [TopicFinding] {
        findings { found in found[topic]?.settings.merge(settings) { $1 } }
    }

    @Test
    func `Topics as they are made have no findings`() {
        #expect(findings { _ in }.isEmpty)
    }

    @Test
    func `A missing public topic is fatal, an internal one is not`() {
        let found = findings { $0 = [:] }
        #expect(found.count == wellMade().count)
        #expect(found.filter(\.isFatal).map(\.topic) == ["p-ratings", "p-users", "p-movies", "p-recommendations"])
        #expect(found.allSatisfy { $0.problem == "it is missing" })
        #expect(found[0].fix == "run 'marquee topics create'")
    }

    @Test(arguments: [("delete", true), ("compact", false), ("compact,delete", false), ("delete, compact", false)])
    func `Lists need compaction`(policy: String, isFatal: Bool) {
        let found = findings(topics.recommendations, ["cleanup.policy": policy])
        #expect(found.contains { $0.isFatal } == isFatal)
        #expect(found.isEmpty == (policy == "compact"))
        #expect(found.allSatisfy { $0.fix == "\(alter) p-recommendations --add-config cleanup.policy=compact" })
    }

    @Test(arguments: ["compact", "compact,delete"])
    func `A journal that is compacted is refused`(policy: String) {
        let found = findings(topics.journal, ["cleanup.policy": policy])
        #expect(found.count == 1 && found[0].isFatal)
        #expect(found[0].fix == "\(alter) app-journal --add-config cleanup.policy=delete")
    }

    @Test
    func `Whatever expires is a warning`() {
        for topic in [topics.name(of: .ratings), topics.journal] {
            for setting in ["retention.ms", "retention.bytes"] {
                let found = findings(topic, [setting: "1000000"])
                #expect(
                    found == [
                        TopicFinding(
                            topic: topic, problem: "\(setting) is 1000000, a later replay wants -1",
                            fix: "\(alter) \(topic) --add-config \(setting)=-1", isFatal: false)
                    ])
            }
        }
        // What stands there is for people alone.
        #expect(findings(topics.deadLetters, ["retention.ms": "1000"]).isEmpty)
    }

    @Test
    func `Plainly compacted topics of other tools are a warning`() {
        for topic in [topics.name(of: .users), topics.name(of: .movies)] {
            let plain = findings(topic, ["min.compaction.lag.ms": "0", "delete.retention.ms": "86400000"])
            #expect(plain.count == 2 && !plain.contains(where: \.isFatal))
            let longer = findings(topic, ["min.compaction.lag.ms": "864000000"])
            #expect(longer.isEmpty)
            for policy in ["delete", "compact,delete"] {
                let found = findings(topic, ["cleanup.policy": policy])
                #expect(found.count == 1 && !found[0].isFatal && found[0].problem.contains("expire"))
            }
            let kept = findings(topic, ["cleanup.policy": "delete", "retention.ms": "-1"])
            #expect(kept.count == 1 && !kept[0].isFatal && !kept[0].problem.contains("expire"))
        }
        let ratings = findings(topics.name(of: .ratings), ["cleanup.policy": "compact"])
        #expect(ratings.count == 1 && !ratings[0].isFatal && ratings[0].problem.contains("newest record of a key"))
    }

    @Test
    func `A policy of two words is given to Kafka's tool in brackets`() {
        let found = findings(topics.checkpoints, ["cleanup.policy": "delete"])
        #expect(found.count == 1 && found[0].fix.contains("cleanup.policy=[compact,delete]"))
    }

    @Test
    func `Fewer copies than writes wait for are refused where the service writes`() {
        for topic in [topics.recommendations, topics.deadLetters, topics.journal] {
            let found = findings { $0[topic]?.replication = 1 }
            #expect(found.count == 1 && found[0].isFatal && found[0].topic == topic)
            #expect(found[0].problem.contains("min.insync.replicas is 2, but its partitions have 1 copy"))
            #expect(found[0].fix.hasSuffix("\(alter) \(topic) --add-config min.insync.replicas=1"))
        }
        let ratings = findings { $0[topics.name(of: .ratings)]?.replication = 1 }
        #expect(ratings.count == 1 && !ratings[0].isFatal)
    }

    @Test
    func `What a broker does not tell is not judged`() {
        let found = findings { found in
            for name in found.keys { found[name]?.settings = [:] }
        }
        #expect(found.isEmpty)
    }

    @Test
    func `Partition counts that differ are a warning`() {
        let found = findings { $0["p-movies"]?.partitions = 7 }
        #expect(found.map(\.topic) == ["p-movies"] && !found[0].isFatal)
        #expect(found[0].problem == "it has 7 partitions, p-ratings has 4")
    }
}
