import Events
import Foundation
import Glibc
import Kafka
import Streaming
import Testing

/// Reads a topic `ratings` of four partitions at full speed. Runs only when asked for.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MARQUEE_BENCH_BROKERS"] != nil))
struct SourceBenchmark {
    @Test(.timeLimit(.minutes(2)))
    func `Reads the backlog`() throws {
        let environment = ProcessInfo.processInfo.environment
        let servers = try #require(environment["MARQUEE_BENCH_BROKERS"])
        let perSecond = environment["MARQUEE_BENCH_CONSUMER_PER_SECOND"].flatMap { Double($0) }
        let configuration = try KafkaConfiguration(bootstrapServers: servers)
        let source = try KafkaEventSource(configuration, topics: KafkaTopics())
        defer { source.close() }
        let batch = RecordBatch(capacity: 8192)
        let partitions = source.partitionCount(of: .ratings)
        let total = try (0..<Int32(partitions)).reduce(0) {
            try $0 + Int(source.bounds(of: InputPartition(.ratings, $1)).count)
        }
        try source.assign([:])
        var count = 0
        var sum: UInt64 = 0
        var began = 0.0
        var polls = 0
        var longestStall = 0.0
        var last = 0.0
        while count < total {
            try source.poll(.all, limit: 8192, waitMilliseconds: 5000, into: batch)
            let now = Self.seconds()
            guard batch.count > 0 else { continue }
            if began == 0 { began = now } else { longestStall = max(longestStall, now - last) }
            polls += 1
            for index in 0..<batch.count {
                let value = batch.records[index].value
                var offset = 0
                while offset < value.count {
                    sum &+= UInt64(value[offset])
                    offset += 16
                }
            }
            count += batch.count
            // Simulates the work of a slower consumer.
            if let perSecond { while Self.seconds() < began + Double(count) / perSecond {} }
            last = Self.seconds()
        }
        let seconds = last - began
        source.release(batch)
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        print(
            "{\"n\":\(count),\"perSecond\":\(Int(Double(count) / seconds)),\"seconds\":\(seconds),\"polls\":\(polls),"
                + "\"longestStallMilliseconds\":\(Int(longestStall * 1000)),\"rssMB\":\(usage.ru_maxrss / 1024)}")
        #expect(count == total && sum > 0)
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
