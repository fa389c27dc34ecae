import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    /// What `serve` refuses to start on, and what it only warns of, on a broker with settings.
    @Suite(.enabled(if: TestBroker.isApacheKafka))
    struct StartTests {
        private func refused(
            _ application: Application, _ named: [String], _ location: SourceLocation = #_sourceLocation
        ) throws {
            let service = try application.startService()
            service.wait(seconds: 20, location)
            let finished = Finished(of: service)
            #expect(finished.ending == .exited(1), sourceLocation: location)
            // After what it says of the restore, if it comes to that, one sentence.
            let lines = finished.errors.split(separator: "\n").filter { !$0.hasPrefix("marquee: restored epoch") }
            #expect(lines.count == 1, "\(finished.errors)", sourceLocation: location)
            for name in named {
                #expect(lines.last?.contains(name) == true, "\(finished.errors)", sourceLocation: location)
            }
        }

        private func remake(_ topic: String, _ settings: [String: String], partitions: Int = 1) throws {
            let admin = try KafkaAdmin(TestBroker.configuration())
            defer { admin.close() }
            try admin.delete([topic])
            _ = try admin.create([NewKafkaTopic(name: topic, partitions: partitions, settings: settings)])
        }

        @Test
        func `Lists that are not compacted are refused with the command that mends it`() throws {
            let application = try Application()
            let topic = application.topics.recommendations
            try remake(topic, ["cleanup.policy": "delete"])
            try refused(application, [topic, "--entity-name \(topic) --add-config cleanup.policy=compact"])
        }

        @Test
        func `More copies than there are brokers are refused`() throws {
            let application = try Application()
            let topic = application.topics.deadLetters
            try remake(topic, ["min.insync.replicas": "2"])
            try refused(application, [topic, "min.insync.replicas is 2", "--add-config min.insync.replicas=1"])
        }

        @Test
        func `A service that serves warns of what endangers a replay`() throws {
            let application = try Application()
            let service = try application.serve()
            let users = application.topics.name(of: .users)
            #expect(service.waitForErrors("warning: \(users): min.compaction.lag.ms is 0"), "\(service.errors)")
            application.stop(service)
        }

        @Test
        func `An input that was made anew is refused`() throws {
            let application = try Application()
            let rating = #"{"user_id":1,"movie_id":2,"rating":4}"#
            try application.send([(.ratings, 1, rating), (.ratings, 1, rating), (.ratings, 1, rating)])
            let service = try application.serve()
            try ListHistory.waitForAnswers(application)
            application.stop(service)
            let topic = application.topics.name(of: .ratings)
            try remake(topic, ["retention.ms": "-1"])
            try application.send([(.ratings, 1, rating)])
            try refused(application, ["\(topic)-0 ends at offset 1", "state reset"])
        }

        @Test
        func `A journal that was lost is refused, with and without a state directory`() throws {
            let application = try Application()
            try application.send([(.ratings, 1, #"{"user_id":1,"movie_id":2,"rating":4}"#)])
            let service = try application.serve()
            try ListHistory.waitForAnswers(application)
            application.stop(service)
            try remake(application.topics.journal, ["retention.ms": "-1"])
            try refused(application, ["bring the journal topic back", "state reset"])
            try FileManager.default.removeItem(atPath: application.stateFolder.path)
            try remake(application.topics.checkpoints, ["cleanup.policy": "compact"])
            let ratings = application.topics.name(of: .ratings)
            try refused(application, ["\(ratings)-0 up to offset 1", "bring the journal topic back", "state reset"])
        }

        @Test
        func `Records that expired unread are refused`() throws {
            let application = try Application()
            let rating = #"{"user_id":1,"movie_id":2,"rating":4}"#
            try application.send([(.ratings, 1, rating)])
            let service = try application.serve()
            try ListHistory.waitForAnswers(application)
            application.stop(service)
            try application.send([(.ratings, 1, rating), (.ratings, 1, rating)])
            let admin = try KafkaAdmin(TestBroker.configuration())
            defer { admin.close() }
            let topic = application.topics.name(of: .ratings)
            try admin.deleteRecords(of: topic, 0, before: 2)
            try refused(application, ["\(topic)-0 begins at offset 2", "--on-lost-offsets earliest"])
        }
    }
}
