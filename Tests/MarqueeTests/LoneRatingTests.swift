import Events
import Foundation
import Kafka
import KafkaTestSupport
import Testing

extension ProcessTests {
    /// Bounds that hold on any machine; the real figures come from `marquee bench pipeline`.
    struct LoneRatingTests {
        @Test
        func `A lone rating is answered at once, and an idle service rests`() throws {
            let application = try Application()
            let dataset = try DatasetFolder(seed: 5, ratings: 500)
            let service = try application.serve()
            try application.replay(dataset)
            try ListHistory.waitForAnswers(application)

            let milliseconds = try answerTimes(application, count: 30).sorted()
            let median = milliseconds[milliseconds.count / 2]
            print("lone rating to list: median \(median) ms, longest \(milliseconds.last ?? 0) ms")
            // A transaction takes some milliseconds; what must not show is a wait for a time to come.
            #expect(median < 60)

            let before = try service.processorSeconds()
            usleep(3_000_000)
            let share = try (service.processorSeconds() - before) / 3
            print("idle service: \(share * 100) % of a core")
            #expect(share < 0.05)
            application.stop(service)
        }

        /// From the call that sends a rating to the poll that returns its list, one after the other.
        private func answerTimes(_ application: Application, count: Int) throws -> [Double] {
            let reader = try KafkaTopicReader(
                TestBroker.configuration(), topic: application.topics.recommendations, from: .end)
            let producer = try KafkaEventProducer(TestBroker.configuration(), lingerMilliseconds: 0)
            defer { producer.close() }
            let ratings = try producer.topic(application.topics.name(of: .ratings))
            let clock = ContinuousClock()
            var milliseconds: [Double] = []
            // The first one opens connections.
            for number in 0...count {
                usleep(30_000)
                let json = #"{"user_id":9001,"movie_id":\#(number + 1),"rating":4,"event_id":"lone-\#(number)"}"#
                let began = clock.now
                try producer.send(to: ratings, (key: Array("9001".utf8), value: Array(json.utf8)))
                var isAnswered = false
                while !isAnswered, clock.now - began < .seconds(5) {
                    try reader.poll(waitMilliseconds: 1000) { record in
                        let list = try RecommendationList(json: record.value)
                        isAnswered = isAnswered || list.causedBy.contains { $0.eventID == "lone-\(number)" }
                    }
                }
                #expect(isAnswered, "rating \(number) has no answer")
                let time = (clock.now - began) / .milliseconds(1)
                if number > 0 { milliseconds.append(time) }
                try producer.flush()
            }
            return milliseconds
        }
    }
}
