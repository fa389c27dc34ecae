/// Turns the values of the `ratings` topic into rows of a `RatingBatch`.
///
/// Most records go through one pass over the bytes that takes the usual forms and nothing else
/// (`RatingScan`). Whatever it does not take, good or bad, goes through the two passes that all topics share
/// (`FieldTable`), and those alone decide what is wrong. A good event is decoded without an allocation, unless
/// a key, `op` or `event_time` is written with escapes.
///
/// Choices where the contract leaves room: integral numbers may be written in any way (`1193.0`, `1.193e3`); an id
/// with a fraction is `out_of_range`; of duplicate keys the last one counts; a rating beside `REMOVE` is checked and
/// kept; an empty `event_id` is none.
public struct RatingDecoder: Sendable {
    public init() {}

    /// Appends the record's rating to `batch`, which must have room, or returns why it cannot be used: then the
    /// batch is as before. The record's pointers are read during the call only.
    public func decode(_ record: RawRecord, into batch: RatingBatch) -> Rejection? {
        precondition(batch.count < batch.capacity)
        var rating = ScannedRating()
        if !RatingScan.scan(record, into: &rating) {
            do throws(Rejection) {
                rating = try ScannedRating(reading: record)
            } catch {
                return error
            }
        }
        batch.append(rating, from: record)
        return nil
    }
}

/// One decoded rating before it becomes a row; the event id still stands in the record.
struct ScannedRating: Equatable {
    var userID: Int64 = 0
    var movieID: Int64 = 0
    /// Milliseconds since 1970; `missingTime` if the document names none.
    var eventTime = ScannedRating.missingTime
    var eventIDStart: UnsafePointer<UInt8>?
    var eventIDCount = 0
    var halfStars: UInt8 = 0
    var operation = Rating.Operation.set

    /// Below every time that an event may have.
    static let missingTime = Int64.min
}

extension ScannedRating {
    /// Reads any record of the topic; what it throws is final.
    @inline(never)
    init(reading record: RawRecord) throws(Rejection) {
        guard !record.isTombstone else {
            throw Rejection(
                .tombstoneNotAllowed, "expected a rating, found a null value; use op REMOVE to take one back")
        }
        let fields = try record.fields()
        userID = try fields.id(.userID)
        movieID = try fields.id(.movieID)
        operation = try fields.operation()
        let halfStars = try fields.halfStars()
        if halfStars == nil && operation == .set {
            throw fields.rejection(.missingField, .rating, "a number of 0.5 to 5 in halves")
        }
        self.halfStars = halfStars ?? 0
        let time = try fields.eventTime(recordTimestamp: record.timestampMilliseconds)
        eventTime = time ?? ScannedRating.missingTime
        if let token = try fields.rawString(.eventID, bytesMax: EventLimits.eventIDBytesMax) {
            eventIDStart = token.start
            eventIDCount = token.count
        }
        try record.requireKey(userID, .userID)
    }
}

extension RatingBatch {
    @inline(__always)
    func append(_ rating: ScannedRating, from record: RawRecord) {
        let row = count
        userIDs[row] = rating.userID
        movieIDs[row] = rating.movieID
        halfStars[row] = rating.halfStars
        operations[row] = rating.operation.rawValue
        let isTimed = rating.eventTime != ScannedRating.missingTime
        eventTimes[row] = isTimed ? rating.eventTime : record.timestampMilliseconds
        recordTimestamps[row] = record.timestampMilliseconds
        partitions[row] = record.partition
        offsets[row] = record.offset
        eventIDStarts[row] = UInt32(truncatingIfNeeded: eventIDBytes.count)
        eventIDCounts[row] = UInt16(truncatingIfNeeded: rating.eventIDCount)
        if rating.eventIDCount > 0 {
            eventIDBytes.append(UnsafeRawBufferPointer(start: rating.eventIDStart, count: rating.eventIDCount))
        }
        count = row + 1
    }
}
