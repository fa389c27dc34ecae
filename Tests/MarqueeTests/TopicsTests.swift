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
                topics.deadLetters, topics.journal,
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
            let application = try Application()
            let check = try marquee(["topics", "check"] + application.identity + ["--output", "json"])
            // The broker's own defaults: a week of ratings, compaction at once.
            #expect(check.ending == .exited(0))
            let findings = try check.json(Findings.self).findings
            let retention = findings.first {
                $0.topic == application.topics.name(of: .ratings) && $0.fix.contains("retention.ms=-1")
            }
            #expect(retention?.isFatal == false)
            #expect(findings.contains { $0.topic == application.topics.journal })
        }
    }
}
