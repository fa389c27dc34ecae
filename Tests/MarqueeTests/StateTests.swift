import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension ProcessTests {
    /// `marquee state rebuild` and `reset`, and what of the past can be had.
    @Suite(.enabled(if: TestBroker.isApacheKafka))
    struct StateTests {
        private func rating(_ user: Int64, _ movie: Int64) -> (topic: InputTopic, key: Int64, json: String?) {
            (.ratings, user, #"{"user_id":\#(user),"movie_id":\#(movie),"rating":4}"#)
        }

        /// A service that has answered some ratings and was stopped.
        private func processed() throws -> Application {
            let application = try Application()
            try application.send(
                (1...5).map { (.movies, $0, #"{"movie_id":\#($0),"title":"Film \#($0)","genres":["Drama"]}"#) })
            try application.send((1...5).map { rating($0, 6 - $0) })
            let service = try application.serve()
            try ListHistory.waitForAnswers(application)
            application.stop(service)
            return application
        }

        private func state(_ application: Application, _ arguments: [String]) throws -> Finished {
            try marquee(
                ["state"] + arguments + application.identity + ["--state-dir", application.stateFolder.path],
                seconds: 60)
        }

        private func lists(_ application: Application) throws -> [KafkaRecord] {
            try application.records(application.topics.recommendations)
        }

        @Test
        func `A rebuild learns the same, publishes nothing and leaves sequences as they are`() throws {
            let application = try processed()
            let before = try application.digest(state: application.stateFolder)
            let published = try lists(application).count
            let dry = try state(application, ["rebuild"])
            #expect(
                dry.ending == .exited(0) && dry.output.contains("begins at epoch \(before.epoch + 1)"), "\(dry.errors)")
            #expect(dry.output.contains("10 records") && dry.output.contains("of 5 users"), "\(dry.output)")
            #expect(try application.digest(state: application.stateFolder) == before)

            let service = try application.serve()
            let refused = try state(application, ["rebuild", "--execute"])
            #expect(refused.ending == .exited(1) && refused.errors.contains("has a member"), "\(refused.errors)")
            application.stop(service)

            let done = try state(application, ["rebuild", "--execute"])
            #expect(done.ending == .exited(0) && done.output.contains("from 5 ratings"), "\(done.errors)")
            for folder in [application.stateFolder, try TemporaryFolder()] {
                let after = try application.digest(state: folder)
                #expect(after.digest == before.digest && after.epoch > before.epoch)
                #expect(after.inputOffsets == before.inputOffsets)
            }
            #expect(try lists(application).count == published)

            let again = try application.serve()
            try application.send([rating(3, 1)])
            try ListHistory.waitForAnswers(application)
            application.stop(again)
            let history = try ListHistory(application)
            #expect(history.lists[3]?.keys.sorted() == [1, 2] && history.replacedCount == 0)
        }

        @Test
        func `A reset takes all lists back and the next start is the first`() throws {
            let application = try processed()
            let published = try lists(application).count
            let dry = try state(application, ["reset"])
            #expect(dry.ending == .exited(0) && dry.output.contains("would take back 5 lists"), "\(dry.errors)")
            #expect(try lists(application).count == published)

            let done = try state(application, ["reset", "--execute"])
            #expect(done.ending == .exited(0) && done.output.contains("took back 5 lists"), "\(done.errors)")
            let records = try lists(application)
            #expect(records.count == published + 5 && records.suffix(5).allSatisfy { $0.value == nil })
            #expect(try state(application, ["reset"]).output.contains("would take back 0 lists"))
            let checkpoints = try application.records(application.topics.checkpoints)
            #expect(checkpoints.allSatisfy { $0.value == nil })

            let service = try application.serve()
            #expect(!service.errors.contains("restored"))
            // Everything is answered again, from the first number on.
            #expect(eventually(seconds: 20) { (try? lists(application).count) ?? 0 >= published + 10 })
            application.stop(service)
            let answers = try lists(application).dropFirst(published + 5).map { record in
                try #require(record.value).withUnsafeBytes { try RecommendationList(json: $0) }
            }
            #expect(answers.allSatisfy { $0.sequence == 1 } && Set(answers.map(\.userID)) == Set(1...5))
        }

        @Test
        func `An epoch that is too old is refused with the oldest that can be had`() throws {
            let application = try processed()
            let newest = try application.digest(state: application.stateFolder).epoch
            let admin = try KafkaAdmin(TestBroker.configuration())
            defer { admin.close() }
            let whole = try state(application, ["digest", "--at", "0"])
            #expect(whole.ending == .exited(0) && whole.output.contains("epoch    0"), "\(whole.errors)")
            let journal = try admin.bounds(of: application.topics.journal, 0)
            // As far as the checkpoint allows.
            var offset: Int64 = 0
            for record in try application.records(application.topics.journal) { offset = record.offset }
            #expect(offset > journal.lowerBound)
            try admin.deleteRecords(of: application.topics.journal, 0, before: offset)
            for command in ["digest", "export"] {
                let refused = try state(application, [command, "--at", "0"])
                #expect(refused.ending == .exited(1) && refused.isOneSentence, "\(refused.errors)")
                #expect(refused.errors.contains("the oldest epoch that can is \(newest)"), "\(refused.errors)")
            }
            #expect(try application.digest(state: application.stateFolder).epoch == newest)
            let service = try application.serve()
            application.stop(service)
        }

        @Test
        func `Records that expired unread are gone on without when asked to`() throws {
            let application = try processed()
            try application.send((1...4).map { rating($0, $0) })
            let admin = try KafkaAdmin(TestBroker.configuration())
            defer { admin.close() }
            try admin.deleteRecords(of: application.topics.name(of: .ratings), 0, before: 7)
            let service = try application.serve(["--on-lost-offsets", "earliest"])
            let words = "expired unread from offset 5 to 7"
            #expect(service.waitForErrors(words), "\(service.errors)")
            // Users 3 and 4 rated after what is lost.
            #expect(eventually(seconds: 20) { (try? ListHistory(application).lists[4]?.count) == 2 })
            application.stop(service)
            let history = try ListHistory(application)
            #expect(history.lists[3]?.count == 2 && history.lists[1]?.count == 1)
            let again = try application.serve()
            #expect(!again.errors.contains(words))
            application.stop(again)
        }

        @Test
        func `Commands that change the state need an application that does not serve on a broker that deletes`() throws
        {
            let connection = ["--brokers", try TestBroker.servers()]
            for command in ["rebuild", "reset"] {
                let none = try marquee(["state", command, "--application-id", "nobody"] + connection)
                #expect(none.ending == .exited(1) && none.isOneSentence && none.errors.contains("'nobody'"))
            }
        }
    }
}
