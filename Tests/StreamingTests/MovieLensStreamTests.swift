import CVectorKernels
import Events
import Foundation
import Learning
import MovieLens
import Testing

@testable import Streaming

/// Where `MARQUEE_TEST_DATA` names a folder that has it. Outside of the suite, whose own attribute may not refer to it.
private enum RealData {
    static let directory: String? = ProcessInfo.processInfo.environment["MARQUEE_TEST_DATA"].map { $0 + "/ml-100k" }
        .flatMap { FileManager.default.fileExists(atPath: $0 + "/ratings.dat") ? $0 : nil }
}

/// The rules of the state on real data: all of ml-100k.
@Suite(.serialized, .enabled(if: RealData.directory != nil)) struct MovieLensStreamTests {
    private func broker(partitions: Int) throws -> ModelBroker {
        let dataset = try MovieLensDataset(directory: RealData.directory ?? "")
        let broker = ModelBroker(ratingPartitions: partitions)
        let buffer = ByteBuffer()
        func text(_ write: () -> Void) -> String {
            buffer.removeAll()
            write()
            return String(decoding: buffer.bytes, as: UTF8.self)
        }
        for movie in try dataset.movies() {
            broker.produce(
                .movies, key: "\(movie.movieID)", value: text { JSONEventWriter.append(movie, to: buffer) })
        }
        for user in try dataset.users() {
            broker.produce(.users, key: "\(user.userID)", value: text { JSONEventWriter.append(user, to: buffer) })
        }
        let ratings = try dataset.ratings().sortedByTime()
        for row in 0..<ratings.count {
            let rating = ratings[row]
            broker.produce(
                .ratings, key: "\(rating.userID)", value: text { JSONEventWriter.append(rating, to: buffer) })
        }
        return broker
    }

    private func run(_ broker: ModelBroker, pollLimit: Int = .max) throws -> TestService {
        let service = try TestService(broker)
        service.source.pollLimit = pollLimit
        try service.start()
        try service.settle()
        return service
    }

    @Test func batchBoundariesAndKernelsDoNotMatter() throws {
        var digests: Set<String> = []
        for limit in [300, 8192] { digests.insert(try run(broker(partitions: 1), pollLimit: limit).digest()) }
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            digests.insert(try run(broker(partitions: 1)).digest())
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(digests.count == 1)
    }

    @Test func aReplayByTheJournalGivesTheSameDigestAndTheCountsAreThoseOfTheInput() throws {
        let broker = try broker(partitions: 4)
        let first = try run(broker, pollLimit: 1000)
        let second = try TestService(broker)
        try second.start()
        #expect(try second.digest() == first.digest())
        #expect(second.processor.position == first.processor.position)
        #expect(first.learner.counters.ratingsApplied == 100_000)

        // Every user is covered, and what he has rated is what the file says.
        var expected: [Int64: [Int64: UInt8]] = [:]
        let ratings = try MovieLensDataset(directory: RealData.directory ?? "").ratings()
        for row in 0..<ratings.count {
            let rating = ratings[row]
            expected[rating.userID, default: [:]][rating.movieID] = rating.halfStars
        }
        var users = 0
        first.learner.snapshot().forEachUser { _, id, ratings in
            users += 1
            #expect(Dictionary(uniqueKeysWithValues: ratings.map { ($0.movieID, $0.halfStars) }) == expected[id])
            #expect(broker.lists(of: id).last?.items.count == 10)
        }
        #expect(users == 943)
    }
}
