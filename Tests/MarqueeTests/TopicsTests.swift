import Kafka
import KafkaTestSupport
import Testing

extension ProcessTests {
    struct TopicsTests {
        private struct Created: Decodable {
            var created: [String]
        }

        private struct Findings: Decodable {
            struct Finding: Decodable {
                var topic: String
                var problem: String
                var fix: String
                var isFatal: Bool
            }
            var findings: [Finding]
        }

        @Test
        func `Topics are made once, and then all is well`() throws {
            let id = "made\(UInt32.random(in: 0 ... .max))"
            let topics = KafkaTopics(prefix: "\(id)-", applicationID: id)
            let identity = [
                "--brokers", try TestBroker.servers(), "--topic-prefix", topics.prefix, "--application-id", id,
                "--output", "json",
            ]
            let first = try marquee(["topics", "create", "--partitions", "3"] + identity)
            #expect(first.ending == .exited(0) && first.errors.isEmpty, "\(first.errors)")
            let names = [
                topics.name(of: .ratings), topics.name(of: .users), topics.name(of: .movies), topics.recommendations,
                topics.deadLetters, topics.journal, topics.checkpoints,
            ]
            #expect(try first.json(Created.self).created == names.sorted())
            let second = try marquee(["topics", "create", "--partitions", "3"] + identity)
            #expect(try second.ending == .exited(0) && second.json(Created.self).created.isEmpty)

            let check = try marquee(["topics", "check"] + identity)
            #expect(try check.ending == .exited(0) && check.json(Findings.self).findings.isEmpty, "\(check.output)")
            let admin = try KafkaAdmin(TestBroker.configuration())
            defer { admin.close() }
            if TestBroker.isApacheKafka {
                #expect(try admin.partitionCount(of: topics.name(of: .ratings)) == 3)
                #expect(try admin.partitionCount(of: topics.journal) == 1)
            }
        }

        @Test(.enabled(if: TestBroker.isApacheKafka))
        func `Settings that endanger a later replay are found, with the command that mends them`() throws {
            let id = "short\(UInt32.random(in: 0 ... .max))"
            let topics = KafkaTopics(prefix: "\(id)-", applicationID: id)
            let ratings = topics.name(of: .ratings)
            try TestBroker.createTopic(ratings, partitions: 2, settings: ["retention.ms": "3600000"])
            try TestBroker.createTopic(topics.name(of: .users), partitions: 2)
            let identity = [
                "--brokers", try TestBroker.servers(), "--topic-prefix", topics.prefix, "--application-id", id,
                "--output", "json",
            ]
            #expect(try marquee(["topics", "create", "--partitions", "3"] + identity).ending == .exited(0))
            let check = try marquee(["topics", "check"] + identity)
            #expect(check.ending == .exited(0), "nothing of it keeps serve from its work")
            let findings = try check.json(Findings.self).findings
            #expect(findings.allSatisfy { !$0.isFatal })
            let fixes = findings.map { "\($0.topic): \($0.fix)" }
            let alter = "kafka-configs.sh --alter --entity-type topics --entity-name"
            for (topic, setting) in [
                (ratings, "retention.ms=-1"), (topics.name(of: .users), "cleanup.policy=compact"),
                (topics.name(of: .users), "min.compaction.lag.ms=604800000"),
            ] {
                #expect(fixes.contains("\(topic): \(alter) \(topic) --add-config \(setting)"), "\(fixes)")
            }
            // Two partitions of ratings and three of movies.
            #expect(findings.contains { $0.topic == topics.name(of: .movies) && $0.problem.contains("3 partitions") })
        }
    }
}
