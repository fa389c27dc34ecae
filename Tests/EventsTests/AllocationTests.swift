import CMallocCounter
import Events
import Testing

/// What runs an event or a list allocates nothing once buffers are large enough.
struct AllocationTests {
    static let ratings = [
        #"{"user_id":1,"movie_id":1193,"rating":5}"#,
        #"{"user_id":1,"movie_id":1193,"rating":4.5,"event_time":978300760}"#,
        #"{"user_id":1,"movie_id":1193,"rating":0.5,"event_time":"2001-01-01T00:12:40Z"}"#,
        #"{"user_id":1,"movie_id":1193,"rating":0.5,"event_time":"2001-01-01T02:12:40.123+02:00"}"#,
        #"{"user_id":1,"movie_id":1193,"op":"REMOVE","event_id":"0198c0de-77aa"}"#,
        #"{"user_id":1,"movie_id":1193,"rating":3,"op":"SET","event_id":"a\"b"}"#,
        " { \"rating\" : 2.5 ,\r\n\t\"movie_id\" : 1193 , \"user_id\" : 1 } ",
        // These take the careful path.
        #"{"user_id":1.0,"movie_id":1.193e3,"rating":35e-1}"#,
        #"{"user_id":1,"movie_id":1193,"rating":3,"device":{"os":["linux",null,true],"note":"é\u00e9"}}"#,
        #"{"user_id":2,"user_id":1,"movie_id":1193,"rating":3.50,"event_id":""}"#,
    ]

    @Test(.enabled(if: cmal_active() != 0), arguments: ratings)
    func decodingAGoodRatingDoesNotAllocate(text: String) {
        let decoder = RatingDecoder()
        let batch = RatingBatch(capacity: 64)
        Records.with(.ratings, Array(text.utf8), key: Array("1".utf8)) { record in
            #expect(decoder.decode(record, into: batch) == nil)
            batch.removeAll()
            var rejections = 0
            cmal_start()
            for _ in 0..<64 where decoder.decode(record, into: batch) != nil { rejections += 1 }
            let allocations = cmal_stop()
            #expect(allocations == 0)
            #expect(rejections == 0 && batch.count == 64 && batch.movieIDs[63] == 1193)
        }
    }

    @Test(.enabled(if: cmal_active() != 0))
    func encodingListsDoesNotAllocate() throws {
        let encoder = JSONRecommendationListEncoder()
        let buffer = ByteBuffer()
        let (topic, eventID, title, version) = (
            Array("ratings".utf8), Array("e-1".utf8), Array("Heat".utf8), Array("v/1".utf8)
        )
        topic.withUnsafeBytes { topic in
            eventID.withUnsafeBytes { eventID in
                title.withUnsafeBytes { title in
                    version.withUnsafeBytes { version in
                        let encode = { (time: Int64) in
                            encoder.begin(
                                userID: 7, sequence: time, generatedAtMilliseconds: time * 86_400_000, reason: .rated,
                                into: buffer)
                            for cause in 0..<16 as Range<Int64> {
                                encoder.cause(
                                    topic: topic, partition: 3, offset: cause,
                                    eventID: cause % 2 == 0 ? eventID : UnsafeRawBufferPointer(start: nil, count: 0),
                                    eventTimeMilliseconds: time * 1000, into: buffer)
                            }
                            encoder.endCauses(total: 40, into: buffer)
                            for rank in 1...20 {
                                encoder.item(
                                    rank: rank, movieID: Int64(rank) * 100, title: title,
                                    score: rank == 20 ? .nan : 1.2345 * Float(rank), predictedRating: 4.2,
                                    explanation: .rated, explainedBy: UnsafeBufferPointer(start: nil, count: 0),
                                    into: buffer)
                            }
                            encoder.end(modelVersion: version, epoch: 12, into: buffer)
                        }
                        for time in 1...60 as ClosedRange<Int64> { encode(time) }
                        buffer.removeAll()
                        cmal_start()
                        for time in 1...60 as ClosedRange<Int64> { encode(time) }
                        let allocations = cmal_stop()
                        #expect(allocations == 0)
                        #expect(buffer.count > 60 * 2000)
                    }
                }
            }
        }
    }
}
