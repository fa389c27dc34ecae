import Events
import Testing

@testable import Kafka

struct InputFetcherTests {
    @Test func `Each input topic has one consumer, and ratings have their own`() {
        let topics = InputFetcher.Share.allCases.flatMap(\.topics)
        #expect(topics.sorted { $0.rawValue < $1.rawValue } == InputTopic.allCases)
        #expect(InputFetcher.Share.ratings.topics == [.ratings])
    }

    @Test(arguments: [1, 4, 100])
    func `What is queued for a partition outlasts the time that another's answer may be held back`(partitions: Int) {
        // As fast as two cores learn; an answer comes from the same machine or the next.
        let ratingsPerMillisecond = 600
        let limits = InputFetcher.Share.ratings.limits([partitions])
        #expect(limits.messagesPerPartition * partitions >= limits.waitMilliseconds * ratingsPerMillisecond)
        let others = InputFetcher.Share.catalogue.limits([partitions, partitions])
        #expect(others.messagesPerPartition * 2 * partitions >= others.waitMilliseconds * 200)
    }

    @Test func `With few partitions no more is queued than the bound, with many each has a little`() {
        for share in InputFetcher.Share.allCases {
            let few = share.limits([4, 4])
            #expect(few.messagesPerPartition * 8 <= FetchLimits.messagesAhead)
            #expect(share.limits([5_000]).messagesPerPartition == FetchLimits.messagesAheadPerPartitionMin)
        }
    }
}
