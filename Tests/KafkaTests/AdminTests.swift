import Events
import Foundation
import Kafka
import KafkaTestSupport
import Streaming
import Testing

@Suite(.serialized)
struct AdminTests {
    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `Topics are created once and described with their settings`() throws {
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        let name = "created\(UInt64.random(in: 0 ... .max))"
        #expect(try admin.describe([name]).isEmpty)
        let topic = NewKafkaTopic(
            name: name, partitions: 3, settings: ["cleanup.policy": "compact", "min.compaction.lag.ms": "604800000"])
        #expect(try admin.create([topic]) == [name])
        #expect(try admin.create([topic]).isEmpty)
        let other = "other\(UInt64.random(in: 0 ... .max))"
        #expect(try admin.create([NewKafkaTopic(name: other, partitions: 1)]) == [other])
        let both = try admin.describe([name, other, "no-such-topic"])
        #expect(both.count == 2 && both[other]?.settings["cleanup.policy"] == "delete")
        let description = try #require(both[name])
        #expect(description.partitions == 3 && description.replication == 1)
        #expect(description.settings["cleanup.policy"] == "compact")
        #expect(description.settings["min.compaction.lag.ms"] == "604800000")
        #expect(description.settings["retention.ms"] != nil && description.settings["delete.retention.ms"] != nil)
        #expect(try admin.isEmbeddedBroker() == false)
        let failure = #expect(throws: KafkaFailure.self) {
            try admin.create([NewKafkaTopic(name: name + "b", partitions: 1, settings: ["no.such.setting": "1"])])
        }
        #expect(failure?.name == "INVALID_CONFIG" && failure?.reaction == .fatal)
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `An offset is found by time`() throws {
        let topics = try TestBroker.topics()
        let producer = try KafkaEventProducer(TestBroker.configuration())
        let topic = try producer.topic(topics.recommendations)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        for second in 0..<Int64(10) {
            try [UInt8(1)].withUnsafeBytes {
                try producer.send(to: topic, key: $0, value: $0, timestampMilliseconds: now + second * 1000)
            }
        }
        try producer.flush()
        producer.close()
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        #expect(try admin.offset(of: topics.recommendations, 0, atMilliseconds: now + 3500) == 4)
        #expect(try admin.offset(of: topics.recommendations, 0, atMilliseconds: now + 60_000) == 10)
        let reader = try KafkaTopicReader(
            TestBroker.configuration(), topic: topics.recommendations, from: .timestamp(now + 8000))
        var offsets: [Int64] = []
        try reader.readToEnd { offsets.append($0.offset) }
        #expect(offsets == [8, 9])
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `A group counts its members and is deleted with its offsets`() async throws {
        let topics = try TestBroker.topics()
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        let group = topics.applicationID
        #expect(try admin.memberCount(of: group) == 0)
        try admin.deleteGroup(group)
        let leader = try GroupLeadership(TestBroker.configuration(), topics: topics, instanceID: "one")
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while try leader.poll() != .leading, clock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try admin.memberCount(of: group) == 1)
        #expect(throws: KafkaFailure.self) { try admin.deleteGroup(group) }
        try leader.storeOffsets([InputPartition(.ratings, 0): 3])
        leader.release()
        let ratings = [InputPartition(.ratings, 0)]
        while try admin.memberCount(of: group) > 0, clock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        try admin.deleteGroup(group)
        let next = try GroupLeadership(TestBroker.configuration(), topics: topics, instanceID: "two")
        while try next.poll() != .leading, clock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try next.committedOffsets(of: ratings).isEmpty)
        next.release()
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: TestBroker.isApacheKafka))
    func `Topics are deleted, and a journal is trimmed by age but not past an offset`() throws {
        let topics = try TestBroker.topics()
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        let producer = try KafkaEventProducer(TestBroker.configuration())
        let journal = try producer.topic(topics.journal)
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        for minute in 0..<Int64(10) {
            try [UInt8(1)].withUnsafeBytes {
                try producer.send(to: journal, key: $0, value: $0, timestampMilliseconds: now + minute * 60_000)
            }
        }
        try producer.flush()
        producer.close()
        let trim = KafkaJournalTrim(try TestBroker.configuration(), topics: topics)
        for (time, offset, beginning) in [(now, 9, 0), (now + 200_000, 3, 3), (now + 200_000, 9, 4)]
            as [(Int64, Int64, Int64)]
        {
            try trim.trim(olderThanMilliseconds: time, before: offset)
            #expect(try admin.bounds(of: topics.journal, 0).lowerBound == beginning)
        }
        try trim.trim(olderThanMilliseconds: now + 3_600_000, before: 8)
        #expect(try admin.bounds(of: topics.journal, 0) == 8..<10)

        try admin.delete([topics.journal, topics.deadLetters, "no-such-topic"])
        #expect(try admin.describe([topics.journal, topics.deadLetters, topics.recommendations]).count == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A broker that is not there is told in one sentence within the deadline`() throws {
        // Port 1 is never served on loopback.
        let admin = try KafkaAdmin(KafkaConfiguration(bootstrapServers: "127.0.0.1:1"))
        defer { admin.close() }
        let clock = ContinuousClock()
        var error: KafkaError?
        let time = clock.measure {
            error = #expect(throws: KafkaError.self) { try admin.checkReachable(deadlineMilliseconds: 1_000) }
        }
        #expect(time < .seconds(4))
        #expect(error?.description == "Broker unreachable at 127.0.0.1:1: Connection refused.")
        #expect(error?.reaction == .retry)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A reachable broker tells who it is`() throws {
        let admin = try KafkaAdmin(TestBroker.configuration())
        defer { admin.close() }
        try admin.checkReachable()
        #expect(try admin.clusterID() != nil)
        #expect(try admin.isEmbeddedBroker() != TestBroker.isApacheKafka)
        #expect(try admin.partitionCount(of: "no-such-topic-\(UInt32.random(in: 0 ... .max))") == nil)
    }
}
