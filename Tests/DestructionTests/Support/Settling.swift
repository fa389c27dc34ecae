import Foundation
import Kafka
import ProcessTestSupport
import Testing

extension Deployment {
    /// Users that stand for one ratings partition each, and for nothing else.
    private func sentinels() -> [Int64] {
        var found: [Int: Int64] = [:]
        var user: Int64 = 2_000_000_000 + Int64.random(in: 0..<1_000_000_000)
        while found.count < partitions {
            let partition = Array(String(user).utf8).withUnsafeBytes {
                KafkaPartitioner.partition(of: $0, count: partitions)
            }
            if found[partition] == nil { found[partition] = user }
            user += 1
        }
        return Array(found.values)
    }

    /// Waits until the service has answered everything that is in the topics now: a last rating in each partition has
    /// its list, since partitions are read in order; the dead letters and tombstones of the storm are there.
    func settle(
        _ sent: Storm.Sent, _ watch: ListWatch, seconds: Double = 60, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let sentinels = sentinels()
        let producer = try KafkaEventProducer(configuration(), lingerMilliseconds: 0)
        defer { producer.close() }
        for user in sentinels {
            try producer.send(.ratings, user, StormText.rating(user, 1, halfStars: 8, time: nil), self)
        }
        try producer.flush()
        let isAnswered = eventually(seconds: seconds) { sentinels.allSatisfy { watch.seen($0).lists > 0 } }
        try #require(isAnswered, "the last ratings have no list after \(seconds) s", sourceLocation: location)
        let areForgotten = eventually(seconds: 20) { sent.forgets.allSatisfy { watch.seen($0).tombstones >= $1 } }
        #expect(areForgotten, "a forgotten user has a list", sourceLocation: location)
        let end = monotonicSeconds() + 20
        var letters = 0
        repeat {
            letters = 0
            try read(topics.deadLetters) { _ in letters += 1 }
            if letters < sent.garbage { usleep(200_000) }
        } while letters < sent.garbage && monotonicSeconds() < end
        #expect(letters >= sent.garbage, "dead letters are missing", sourceLocation: location)
    }
}
