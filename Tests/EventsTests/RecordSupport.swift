import Events

/// Records made of text, for the time of a call.
enum Records {
    static let timestamp: Int64 = 1_767_225_600_000

    /// Calls `body` with a record whose value and key are `value` and `key`; nil stands for null. The value is copied
    /// to memory of exactly its size, so that a sanitizer sees any read beyond it.
    static func with<Value>(
        _ topic: InputTopic, _ value: [UInt8]?, key: [UInt8]?, contentType: ContentType = .unspecified,
        timestamp: Int64 = Records.timestamp, _ body: (RawRecord) -> Value
    ) -> Value {
        let valueCopy = exact(value)
        let keyCopy = exact(key)
        defer {
            valueCopy.deallocate()
            keyCopy.deallocate()
        }
        return body(
            RawRecord(
                key: UnsafeRawBufferPointer(keyCopy), value: UnsafeRawBufferPointer(valueCopy), offset: 77,
                timestampMilliseconds: timestamp, partition: 5, topic: topic, contentType: contentType))
    }

    private static func exact(_ bytes: [UInt8]?) -> UnsafeMutableRawBufferPointer {
        guard let bytes else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        return copy
    }

    static func movie(
        _ value: String?, key: String?, contentType: ContentType = .unspecified, timestamp: Int64 = timestamp
    ) -> Result<MovieEvent, Rejection> {
        with(
            .movies, value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, contentType: contentType,
            timestamp: timestamp
        ) { MovieDecoder().decode($0) }
    }

    static func user(
        _ value: String?, key: String?, contentType: ContentType = .unspecified, timestamp: Int64 = timestamp
    ) -> Result<UserEvent, Rejection> {
        with(
            .users, value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, contentType: contentType,
            timestamp: timestamp
        ) { UserDecoder().decode($0) }
    }

    static func rating(
        _ value: String?, key: String? = nil, contentType: ContentType = .unspecified, timestamp: Int64 = timestamp
    ) -> Result<Row, Rejection> {
        rating(
            value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, contentType: contentType,
            timestamp: timestamp)
    }

    /// Decodes into a batch that has a row already, and checks that a rejection leaves it alone.
    static func rating(
        _ value: [UInt8]?, key: [UInt8]?, contentType: ContentType = .unspecified, timestamp: Int64 = timestamp
    ) -> Result<Row, Rejection> {
        let batch = RatingBatch(capacity: 2)
        let first = Array(#"{"user_id":9,"movie_id":8,"rating":3.5,"event_id":"first"}"#.utf8)
        let decoder = RatingDecoder()
        _ = with(.ratings, first, key: nil) { decoder.decode($0, into: batch) }
        let before = Row(batch, 0)
        let rejection = with(.ratings, value, key: key, contentType: contentType, timestamp: timestamp) {
            decoder.decode($0, into: batch)
        }
        if let rejection {
            let isUntouched = batch.count == 1 && batch.eventIDBytes.count == 5 && Row(batch, 0) == before
            return .failure(isUntouched ? rejection : Rejection(.malformed, "THE BATCH WAS CHANGED"))
        }
        return .success(Row(batch, 1))
    }
}

/// One row of a `RatingBatch`.
struct Row: Equatable {
    var userID: Int64
    var movieID: Int64
    var halfStars: UInt8
    var operation: UInt8
    var eventTime: Int64
    var recordTimestamp: Int64
    var partition: Int32
    var offset: Int64
    var eventID: String

    init(_ batch: RatingBatch, _ row: Int) {
        userID = batch.userIDs[row]
        movieID = batch.movieIDs[row]
        halfStars = batch.halfStars[row]
        operation = batch.operations[row]
        eventTime = batch.eventTimes[row]
        recordTimestamp = batch.recordTimestamps[row]
        partition = batch.partitions[row]
        offset = batch.offsets[row]
        let start = Int(batch.eventIDStarts[row])
        let bytes = batch.eventIDBytes.bytes[start..<start + Int(batch.eventIDCounts[row])]
        eventID = String(decoding: bytes, as: UTF8.self)
    }
}

extension Result where Failure == Rejection {
    var code: RejectionCode? {
        if case .failure(let rejection) = self { rejection.code } else { nil }
    }

    var field: String? {
        if case .failure(let rejection) = self { rejection.field } else { nil }
    }

    var message: String {
        if case .failure(let rejection) = self { rejection.message } else { "" }
    }
}

/// SplitMix64: random numbers that a printed seed brings back.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
