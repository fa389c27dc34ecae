import CommandLineOptions
import Events
import Foundation
import Kafka
import MovieLens

/// `marquee replay`: a data set as a stream, resumable by reading the topic back.
enum ReplayCommand {
    private struct Summary: Encodable {
        var movies: Int
        var users: Int
        /// Ratings published now.
        var ratings: Int
        /// Whether it went on after ratings that were there from an earlier run.
        var isResumed: Bool
        var seconds: Double
        var ratingsPerSecond: Double
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let speed = try ReplaySpeed(invocation)
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        let stop = StopSignal()
        let connection = try ConnectionOptions(invocation)
        try checkTopics(connection)

        var stream = try dataset.ratings().sortedByTime()
        if let limit = invocation.int(ifSet: "limit") { stream = stream.prefix(limit) }
        let from = min(invocation.int(ifSet: "from") ?? 0, stream.count)
        let published = invocation.isSet("from") ? [] : try newestPublished(connection)
        let isResumed = published.contains { $0 >= 0 }
        if isResumed {
            Terminal.log(
                "the topic holds ratings up to number \(published.max() ?? 0) of the stream: going on from there")
        }

        let replay = try StreamReplay(
            configuration: connection.configuration, topics: connection.topics, speed: speed)
        var summary = Summary(
            movies: 0, users: 0, ratings: 0, isResumed: isResumed, seconds: 0, ratingsPerSecond: 0)
        if from == 0 && !isResumed {
            summary.movies = try replay.publish(movies: dataset.movies())
            summary.users = try replay.publish(users: dataset.users())
        }
        var progress = Progress("ratings", total: stream.count - from)
        let began = MonotonicTime.seconds
        summary.ratings = try replay.publish(
            ratings: stream, from: from, published: published, shouldStop: { stop.isSet },
            progress: { progress.update($0) })
        progress.clear()
        summary.seconds = MonotonicTime.seconds - began
        summary.ratingsPerSecond = Double(summary.ratings) / max(summary.seconds, 1e-9)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(summary)
        } else {
            Terminal.print(
                "published \(grouped(summary.movies)) movies, \(grouped(summary.users)) users and"
                    + " \(grouped(summary.ratings)) ratings in \(fixed(summary.seconds, 1)) s"
                    + " (\(grouped(Int(summary.ratingsPerSecond))) ratings/s)")
        }
        return stop.isSet ? ExitCode.interrupted : ExitCode.done
    }

    private static func checkTopics(_ connection: ConnectionOptions) throws {
        let admin = try KafkaAdmin(connection.configuration)
        defer { admin.close() }
        for topic in InputTopic.allCases.map({ connection.topics.name(of: $0) })
        where try admin.partitionCount(of: topic) == nil {
            throw connection.missing(topic)
        }
    }

    /// By partition the number of the newest rating of a stream that the topic holds, or -1: the event ids are numbers
    /// of the stream, so the last few records of each partition tell.
    private static func newestPublished(_ connection: ConnectionOptions) throws -> [Int] {
        let reader = try KafkaTopicReader(
            connection.configuration, topic: connection.topics.name(of: .ratings), from: .last(200))
        var newest = Array(repeating: -1, count: reader.ends.count)
        let decoder = RatingDecoder()
        let batch = RatingBatch(capacity: 1)
        try reader.readToEnd { record in
            batch.removeAll()
            let raw = RawRecord(
                key: record.key, value: record.value, offset: record.offset,
                timestampMilliseconds: record.timestampMilliseconds, partition: record.partition, topic: .ratings)
            guard decoder.decode(raw, into: batch) == nil else { return }
            let id = batch.eventIDBytes.bytes.prefix(Int(batch.eventIDCounts[0]))
            if let number = Int(String(decoding: id, as: UTF8.self)) {
                newest[Int(record.partition)] = max(newest[Int(record.partition)], number)
            }
        }
        return newest
    }
}
