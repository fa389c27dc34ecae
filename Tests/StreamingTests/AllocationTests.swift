import CMallocCounter
import Events
import Testing

@testable import Streaming

/// In the steady state the loop allocates nothing: decode, learn, search, encode, journal.
@Suite(.serialized) struct AllocationTests {
    /// Hands out one of two prepared batches, again and again; allocates nothing.
    final class PreparedSource: EventSource {
        private let broker = ModelBroker()
        private var sets: [[RawRecord]] = []
        private let catalogue: [RawRecord]
        private var turn = -1
        private var offset: Int64 = 0

        init(users: Int64, movies: Int64) {
            for movie in 1...movies { broker.announce(movie, "Film number \(movie)") }
            for stars in [4.0, 3.0] {
                for user in 1...users {
                    for place in 0..<4 as Range<Int64> {
                        broker.rate(user, (user * 7 + place * 13) % movies + 1, stars, id: "\(user)")
                    }
                }
            }
            let ratings = Self.records(broker, .ratings)
            sets = [Array(ratings.prefix(ratings.count / 2)), Array(ratings.suffix(ratings.count / 2))]
            catalogue = Self.records(broker, .movies)
        }

        private static func records(_ broker: ModelBroker, _ topic: InputTopic) -> [RawRecord] {
            (broker.inputs[InputPartition(topic, 0)] ?? []).map {
                RawRecord(
                    key: $0.key, value: $0.value, offset: 0, timestampMilliseconds: $0.timestampMilliseconds,
                    partition: 0, topic: topic)
            }
        }

        func partitionCount(of topic: InputTopic) -> Int { 1 }
        func bounds(of partition: InputPartition) throws -> Range<Int64> { 0..<Int64.max / 2 }
        func bounds(of partitions: [InputPartition]) throws -> [InputPartition: Range<Int64>] {
            try Dictionary(uniqueKeysWithValues: partitions.map { ($0, try bounds(of: $0)) })
        }
        func assign(_ positions: [InputPartition: Int64]) throws {}

        func poll(_ topics: InputTopics, limit: Int, waitMilliseconds: Int32, into batch: RecordBatch) throws {
            batch.removeAll()
            let topic: InputTopic = turn < 0 ? .movies : .ratings
            let count = turn < 0 ? catalogue.count : sets[turn % 2].count
            for at in 0..<count {
                var record = turn < 0 ? catalogue[at] : sets[turn % 2][at]
                record.offset = offset
                offset += 1
                batch.records[at] = record
            }
            batch.count = count
            batch.segments.append(
                RecordBatch.Segment(
                    partition: InputPartition(topic, 0), start: 0, count: count,
                    // The catalogue ends here, as `bounds` said.
                    nextOffset: turn < 0 ? Int64.max / 2 : offset))
            turn += 1
        }

        func read(upTo cut: [RecordBatch.Segment], into batch: RecordBatch) throws { batch.removeAll() }
        func headers(of record: RawRecord) -> [RecordHeader] { [] }
        func release(_ batch: RecordBatch) {}
        func wakeUp() {}
        func close() {}
    }

    @Test(.enabled(if: cmal_active() != 0)) func aSteadyStreamAllocatesNothing() throws {
        let broker = ModelBroker()
        // Fewer than a batch takes at once, so that nothing waits and every turn seals.
        let users = 200
        let service = try TestService(broker, source: PreparedSource(users: Int64(users), movies: 200))
        service.sink.keepsLists = false
        try service.start()
        for _ in 0..<200 { try turn(service) }

        let listsBefore = service.processor.counters.lists.load(ordering: .relaxed)
        let ratingsBefore = service.processor.counters.ratings.load(ordering: .relaxed)
        cmal_start()
        for _ in 0..<200 { try turn(service) }
        let allocations = cmal_stop()
        let ratings = service.processor.counters.ratings.load(ordering: .relaxed) - ratingsBefore
        let lists = service.processor.counters.lists.load(ordering: .relaxed) - listsBefore
        #expect(ratings == 200 * 4 * users)
        #expect(lists >= 50 * users, "the loop must have published: \(lists)")
        #expect(allocations == 0, "\(allocations) allocations for \(ratings) ratings and \(lists) lists")
    }

    private func turn(_ service: TestService) throws {
        service.clock.nanoseconds += 20_000_000
        try service.processor.runOnce()
    }
}
