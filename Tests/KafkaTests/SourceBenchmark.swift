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
        let before = Self.residentMegabytes()
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
        print(
            "{\"n\":\(count),\"perSecond\":\(Int(Double(count) / seconds)),\"seconds\":\(seconds),\"polls\":\(polls),"
                + "\"longestStallMilliseconds\":\(Int(longestStall * 1000)),\"peakMB\":\(Self.residentMegabytes()),"
                + "\"beforeMB\":\(before)}")
        #expect(count == total && sum > 0)
    }

    @Test(.timeLimit(.minutes(2)))
    func `Publishes single lists and bursts`() throws {
        let environment = ProcessInfo.processInfo.environment
        let servers = try #require(environment["MARQUEE_BENCH_BROKERS"])
        let linger = environment["MARQUEE_BENCH_LINGER"] ?? "0"
        let configuration = try KafkaConfiguration(bootstrapServers: servers, properties: ["linger.ms": linger])
        let topics = KafkaTopics(applicationID: "bench\(UInt32.random(in: 0 ... .max))")
        let admin = try KafkaAdmin(configuration)
        _ = try admin.create(
            [topics.recommendations, topics.deadLetters, topics.journal].map { NewKafkaTopic(name: $0, partitions: 4) })
        admin.close()
        let sink = try openSink(configuration, topics)
        let single = chunk(1, bytes: 600)
        var times: [Double] = []
        for epoch in 1...Int64(500) {
            let began = Self.seconds()
            try sink.send(single, epoch: epoch)
            while sink.pendingCount > 0 { try sink.poll(waitMilliseconds: 100) { _ in } }
            times.append(Self.seconds() - began)
            usleep(1000)
        }
        times.sort()
        let burst = chunk(5000, bytes: 600)
        let began = Self.seconds()
        for epoch in 1...Int64(40) {
            try sink.send(burst, epoch: epoch)
            try sink.poll(waitMilliseconds: 0) { _ in }
        }
        while sink.pendingCount > 0 { try sink.poll(waitMilliseconds: 100) { _ in } }
        let seconds = Self.seconds() - began
        print(
            "{\"linger\":\(linger),\"p50Microseconds\":\(Int(times[250] * 1e6)),"
                + "\"p99Microseconds\":\(Int(times[495] * 1e6)),\"burstPerSecond\":\(Int(200_000 / seconds)),"
                + "\"peakMB\":\(Self.residentMegabytes())}")
        try sink.close(waitMilliseconds: 5_000)
    }

    private static func residentMegabytes() -> Int {
        // getrusage would count what the process that started this one had.
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
            let kilobytes = line.split(separator: " ").dropFirst().compactMap({ Int($0) }).first
        else { return -1 }
        return kilobytes / 1024
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
