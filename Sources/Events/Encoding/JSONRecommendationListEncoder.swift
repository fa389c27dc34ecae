/// Writes recommendation lists as JSON, in the key order of the contract.
///
/// Each verb reserves the room it can need at most, writes through a plain pointer and advances once. Scores have
/// five decimals, predicted ratings two; one that is not finite becomes `null`. Not thread-safe.
public final class JSONRecommendationListEncoder: RecommendationListEncoder {
    public let contentType = "application/json"

    private var timestamps = TimestampWriter()
    /// Whether the array being written has an element already.
    private var hasElement = false

    public init() {}

    public func begin(
        userID: Int64, sequence: Int64, generatedAtMilliseconds: Int64, reason: ListReason, into buffer: ByteBuffer
    ) {
        let start = buffer.reserve(256)
        var place = start
        place.write("{\"user_id\":")
        place += DecimalDigits.write(userID, to: place)
        place.write(",\"sequence\":")
        place += DecimalDigits.write(sequence, to: place)
        place.write(",\"generated_at\":")
        timestamps.writeQuoted(generatedAtMilliseconds, to: place)
        place += TimestampWriter.byteCount + 2
        place.write(",\"reason\":\"")
        switch reason {
        case .rated: place.write("RATED")
        case .ratingRemoved: place.write("RATING_REMOVED")
        case .movieAdded: place.write("MOVIE_ADDED")
        case .movieWithdrawn: place.write("MOVIE_WITHDRAWN")
        case .profileChanged: place.write("PROFILE_CHANGED")
        }
        place.write("\",\"caused_by\":[")
        hasElement = false
        buffer.advance(by: place - start)
    }

    public func cause(
        topic: UnsafeRawBufferPointer, partition: Int32, offset: Int64, eventID: UnsafeRawBufferPointer,
        eventTimeMilliseconds: Int64, into buffer: ByteBuffer
    ) {
        let start = buffer.reserve(192 + topic.count + eventID.count)
        var place = start
        place.write(hasElement ? ",{\"topic\":\"" : "{\"topic\":\"")
        hasElement = true
        place.write(topic)
        place.write("\",\"partition\":")
        place += DecimalDigits.write(Int64(partition), to: place)
        place.write(",\"offset\":")
        place += DecimalDigits.write(offset, to: place)
        if !eventID.isEmpty {
            place.write(",\"event_id\":\"")
            place.write(eventID)
            place.write("\"")
        }
        place.write(",\"event_time\":")
        timestamps.writeQuoted(eventTimeMilliseconds, to: place)
        place += TimestampWriter.byteCount + 2
        place.write("}")
        buffer.advance(by: place - start)
    }

    public func endCauses(total: Int, into buffer: ByteBuffer) {
        let start = buffer.reserve(64)
        var place = start
        place.write("],\"caused_by_total\":")
        place += DecimalDigits.write(Int64(total), to: place)
        place.write(",\"items\":[")
        hasElement = false
        buffer.advance(by: place - start)
    }

    public func item(
        rank: Int, movieID: Int64, title: UnsafeRawBufferPointer, score: Float, predictedRating: Float,
        explanation: ExplanationKind?, explainedBy movieIDs: UnsafeBufferPointer<Int64>, into buffer: ByteBuffer
    ) {
        let start = buffer.reserve(320 + title.count + 21 * movieIDs.count)
        var place = start
        place.write(hasElement ? ",{\"rank\":" : "{\"rank\":")
        hasElement = true
        place += DecimalDigits.write(Int64(rank), to: place)
        place.write(",\"movie_id\":")
        place += DecimalDigits.write(movieID, to: place)
        if !title.isEmpty {
            place.write(",\"title\":\"")
            place.write(title)
            place.write("\"")
        }
        place.write(",\"score\":")
        place += FixedDecimal.write(score, places: 5, to: place)
        place.write(",\"predicted_rating\":")
        place += FixedDecimal.write(predictedRating, places: 2, to: place)
        if let explanation {
            place.write(",\"explanation\":{\"kind\":\"")
            switch explanation {
            case .rated: place.write("RATED")
            case .popular: place.write("POPULAR")
            case .profile: place.write("PROFILE")
            }
            place.write("\",\"movie_ids\":[")
            for at in 0..<movieIDs.count {
                if at > 0 { place.write(",") }
                place += DecimalDigits.write(movieIDs[at], to: place)
            }
            place.write("]}")
        }
        place.write("}")
        buffer.advance(by: place - start)
    }

    /// `modelVersion` is the body of a JSON string, like a title.
    public func end(modelVersion: UnsafeRawBufferPointer, epoch: Int64, into buffer: ByteBuffer) {
        let start = buffer.reserve(128 + modelVersion.count)
        var place = start
        place.write("],\"model\":{\"version\":\"")
        place.write(modelVersion)
        place.write("\",\"epoch\":")
        place += DecimalDigits.write(epoch, to: place)
        place.write("}}")
        buffer.advance(by: place - start)
    }
}
