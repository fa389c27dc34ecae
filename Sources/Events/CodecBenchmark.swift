import Glibc

/// Measures the codecs on one thread, each beside what memory allows in the same run.
public struct CodecBenchmark: Sendable {
    /// What a run measured; of several rounds the best one, since whatever else runs on the machine only slows it.
    public struct Figures: Sendable, Equatable {
        public var documents: Int
        /// Of all documents, without keys.
        public var documentBytes: Int
        public var decodedEventsPerSecond: Double
        public var decodedBytesPerSecond: Double
        /// A plain memory copy of the same bytes.
        public var copiedBytesPerSecond: Double
        public var writtenEventsPerSecond: Double
        public var itemsPerList: Int
        /// Of one list with one cause.
        public var listBytes: Int
        public var encodedListsPerSecond: Double
    }

    /// Ratings to decode in a round.
    public var documents: Int
    public var itemsPerList: Int
    public var rounds: Int

    public init(documents: Int = 1_000_000, itemsPerList: Int = 20, rounds: Int = 5) {
        precondition(documents > 0 && itemsPerList > 0 && rounds > 0)
        self.documents = documents
        self.itemsPerList = itemsPerList
        self.rounds = rounds
    }

    /// Runs all of it; throws the first rejection, which would be an error of the codecs.
    public func run() throws(Rejection) -> Figures {
        let corpus = RatingCorpus(documents: documents)
        let batch = RatingBatch(capacity: min(documents, 8192))
        let copy = ByteBuffer(capacity: corpus.values.count)
        let written = ByteBuffer(capacity: corpus.values.count + 64)
        let list = ByteBuffer(capacity: 1 << 16)
        let lists = max(1, documents / 10)
        var decodeSeconds = Double.infinity
        var copySeconds = Double.infinity
        var writeSeconds = Double.infinity
        var listSeconds = Double.infinity
        for _ in 0..<rounds {
            var start = MonotonicClock.seconds
            try corpus.decodeAll(into: batch)
            decodeSeconds = min(decodeSeconds, MonotonicClock.seconds - start)

            start = MonotonicClock.seconds
            copy.removeAll()
            copy.append(corpus.values.bytes)
            copySeconds = min(copySeconds, MonotonicClock.seconds - start)

            start = MonotonicClock.seconds
            written.removeAll()
            for index in 0..<documents { JSONEventWriter.append(RatingCorpus.rating(index), to: written) }
            writeSeconds = min(writeSeconds, MonotonicClock.seconds - start)

            start = MonotonicClock.seconds
            encodeLists(count: lists, into: list)
            listSeconds = min(listSeconds, MonotonicClock.seconds - start)
        }
        return Figures(
            documents: documents, documentBytes: corpus.values.count,
            decodedEventsPerSecond: Double(documents) / decodeSeconds,
            decodedBytesPerSecond: Double(corpus.values.count) / decodeSeconds,
            copiedBytesPerSecond: Double(corpus.values.count) / copySeconds,
            writtenEventsPerSecond: Double(documents) / writeSeconds,
            itemsPerList: itemsPerList, listBytes: list.count, encodedListsPerSecond: Double(lists) / listSeconds)
    }

    private func encodeLists(count: Int, into buffer: ByteBuffer) {
        let encoder = JSONRecommendationListEncoder()
        let explainedBy: [Int64] = [318, 2858, 527]
        let title = escapedJSONBody(of: "One Flew Over the Cuckoo's Nest (1975)")
        for index in 0..<count {
            buffer.removeAll()
            let list = Int64(index)
            encoder.begin(
                userID: list % 6040 + 1, sequence: list, generatedAtMilliseconds: 1_767_225_600_000 + list,
                reason: .rated, into: buffer)
            let topic: StaticString = "ratings"
            let eventID: StaticString = "123456"
            encoder.cause(
                topic: UnsafeRawBufferPointer(start: topic.utf8Start, count: topic.utf8CodeUnitCount), partition: 3,
                offset: 1_000_000 + list,
                eventID: UnsafeRawBufferPointer(start: eventID.utf8Start, count: eventID.utf8CodeUnitCount),
                eventTimeMilliseconds: 978_300_760_000 + list, into: buffer)
            encoder.endCauses(total: 1, into: buffer)
            title.withUnsafeBytes { title in
                explainedBy.withUnsafeBufferPointer { explainedBy in
                    for rank in 1...itemsPerList {
                        let score = 3 / Float(rank) + Float(index & 1023) / 1024
                        encoder.item(
                            rank: rank, movieID: Int64(rank * 193), title: title, score: score,
                            predictedRating: 5 - Float(rank) / 10, explanation: .rated, explainedBy: explainedBy,
                            into: buffer)
                    }
                }
            }
            encoder.end(
                modelVersion: UnsafeRawBufferPointer(start: eventID.utf8Start, count: 6), epoch: list, into: buffer)
        }
    }
}

/// Made-up ratings with MovieLens' shapes (the ids of ml-1m, stamps of the year 2000), encoded in memory with keys.
private struct RatingCorpus {
    let values: ByteBuffer
    private let keys: ByteBuffer
    private var records: [RawRecord] = []

    init(documents: Int) {
        values = ByteBuffer(capacity: documents * 96)
        keys = ByteBuffer(capacity: documents * 8)
        var ends: [(key: Int, value: Int)] = []
        ends.reserveCapacity(documents)
        for index in 0..<documents {
            let rating = RatingCorpus.rating(index)
            keys.appendDecimal(rating.userID)
            values.append("{\"user_id\":")
            values.appendDecimal(rating.userID)
            values.append(",\"movie_id\":")
            values.appendDecimal(rating.movieID)
            values.append(",\"rating\":")
            values.appendDecimal(Int64(rating.halfStars / 2))
            if rating.halfStars % 2 == 1 { values.append(".5") }
            values.append(",\"event_time\":")
            values.appendDecimal((rating.eventTimeMilliseconds ?? 0) / 1000)
            values.append(",\"event_id\":\"")
            values.appendDecimal(Int64(index))
            values.append("\"}")
            ends.append((keys.count, values.count))
        }
        records.reserveCapacity(documents)
        var start = (key: 0, value: 0)
        for (index, end) in ends.enumerated() {
            records.append(
                RawRecord(
                    key: UnsafeRawBufferPointer(rebasing: keys.bytes[start.key..<end.key]),
                    value: UnsafeRawBufferPointer(rebasing: values.bytes[start.value..<end.value]),
                    offset: Int64(index), timestampMilliseconds: 1_767_225_600_000, partition: 0, topic: .ratings))
            start = end
        }
    }

    /// The same for the same index, everywhere.
    static func rating(_ index: Int) -> Rating {
        // SplitMix64 (Steele, Lea, Flood 2014): one well-mixed word an index.
        var bits = UInt64(index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        // A fifth of the ratings lie between whole stars, as in MovieLens since 2003.
        let stars = UInt8((bits >> 48) % 5) + 1
        let isHalf = bits >> 40 & 0xFF < 51 && stars < 5
        return Rating(
            userID: Int64(bits & 0xFFFF) % 6040 + 1, movieID: Int64(bits >> 16 & 0xFFFF) % 3952 + 1,
            halfStars: stars * 2 + (isHalf ? 1 : 0),
            eventTimeMilliseconds: (956_703_932 + Int64(bits >> 32 & 0x3FF_FFFF)) * 1000)
    }

    func decodeAll(into batch: RatingBatch) throws(Rejection) {
        let decoder = RatingDecoder()
        batch.removeAll()
        for record in records {
            if batch.count == batch.capacity { batch.removeAll() }
            if let rejection = decoder.decode(record, into: batch) { throw rejection }
        }
    }
}

private enum MonotonicClock {
    static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}
