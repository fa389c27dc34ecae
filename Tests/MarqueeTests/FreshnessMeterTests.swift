import Events
import Testing

@testable import marquee

struct FreshnessMeterTests {
    @Test func eventNumbersAreFoundWhereTheEncoderPutsThem() {
        let causes = ["17", "x", nil, "9000000001", "4"].enumerated().map { offset, id in
            RecommendationList.Cause(
                topic: "ratings", partition: 1, offset: Int64(offset), eventID: id, eventTimeMilliseconds: 1000)
        }
        let items = [
            RecommendationList.Item(
                rank: 1, movieID: 3, title: "A \"event_id\":\"5\" (2001)", score: 1, predictedRating: 4)
        ]
        let list = RecommendationList(
            userID: 7, sequence: 1, generatedAtMilliseconds: 2000, reason: .rated, causedBy: causes,
            causedByTotal: 5, items: items, model: RecommendationList.Model(version: "m/1", epoch: 3))
        let buffer = ByteBuffer()
        list.append(to: buffer, using: JSONRecommendationListEncoder())
        var found: [Int] = []
        EventNumbers.forEach(in: buffer.bytes) { found.append($0) }
        #expect(found == [17, 9_000_000_001, 4])
    }

    @Test func cutDocumentsGiveNothing() {
        let text = Array("{\"event_id\":\"12\"}".utf8)
        for length in 0..<15 {
            Array(text.prefix(length)).withUnsafeBytes { bytes in
                EventNumbers.forEach(in: bytes) { Issue.record("found \($0) in the first \(length) bytes") }
            }
        }
    }

    @Test func aListAnswersTheEarlierRatingsOfItsUserToo() {
        // Users 1, 2, 1, 1: number 12 is named, so 10 is answered, 11 and 13 are not.
        let meter = FreshnessMeter(numbers: 10..<14, userIDs: [1, 2, 1, 1])
        for number in 10..<14 { meter.willSend(number) }
        let arrived = MonotonicTime.nanoseconds + 5_000_000
        Array("{\"event_id\":\"12\"}".utf8).withUnsafeBytes { meter.received($0, at: arrived) }
        #expect(meter.answeredCount() == 2)
        #expect(meter.answeredCount(after: 1) == 1)
        // What comes again later, or is of no number here, changes nothing.
        Array("{\"event_id\":\"10\"}{\"event_id\":\"99\"}".utf8).withUnsafeBytes {
            meter.received($0, at: arrived + 1_000_000_000)
        }
        #expect(meter.answeredCount() == 2)
        let percentiles = meter.percentiles()
        #expect((percentiles?.p99).map { $0 >= 5 && $0 < 1000 } == true)
        #expect(meter.percentiles(after: 3) == nil)
    }

    @Test func percentilesAreNearestRanks() {
        let meter = FreshnessMeter(numbers: 0..<100, userIDs: (0..<100).map { Int32($0) })
        for number in 0..<100 { meter.willSend(number) }
        let now = MonotonicTime.nanoseconds
        for number in 0..<100 {
            let later = UInt64(number + 1) * 1_000_000_000
            Array("{\"event_id\":\"\(number)\"}".utf8).withUnsafeBytes { meter.received($0, at: now + later) }
        }
        let percentiles = meter.percentiles()
        #expect(percentiles.map { abs($0.p50 - 50_000) < 900 } == true)
        #expect(percentiles.map { abs($0.p99 - 99_000) < 900 } == true)
    }
}
