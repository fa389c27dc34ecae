import Events
import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Streaming
import Testing

extension ProcessTests {
    /// The main job through the commands that a user types: replay a data set, and read every user's lists.
    struct MainJobTests {
        @Test(arguments: [(DatasetFolder.Layout.doubleColon, 1), (.commaSeparated, 6)])
        func `Every rating is answered by a list, and the state is what the log says`(
            _ layout: DatasetFolder.Layout, _ partitions: Int
        ) throws {
            let application = try Application(partitions: partitions)
            let dataset = try DatasetFolder(layout)
            try application.publishCatalogue(dataset)
            let service = try application.serve(["--top-k", "7"])
            let reader = try ChildProcess(
                ["consume"] + application.connection + ["--from", "earliest", "--output", "json"])
            try application.replay(dataset)

            let oracle = try RatingOracle(application)
            #expect(oracle.eventIDs.count == 3000 && Set(oracle.eventIDs).count == 3000)
            let lists = try consumed(reader, covering: oracle)
            if TestBroker.isApacheKafka { try checkLag(application, partitions, ratings: 3000) }
            application.stop(service)

            // Partitions are known from the topic alone, and consume printed exactly what stands there.
            let history = try ListHistory(application)
            #expect(history.replacedCount == 0)
            #expect(lists.count == history.lists.values.reduce(0) { $0 + $1.count })
            for list in lists { #expect(history.lists[list.userID]?[list.sequence]?.list == list) }
            let titles = Dictionary(uniqueKeysWithValues: dataset.movies.map { ($0.movieID, $0.title) })
            let problems = history.problems(
                against: oracle, topics: application.topics, listLength: 7, titles: titles)
            #expect(problems.prefix(5) == [], "\(problems.count) problems")
            let shown = lists.flatMap(\.items).compactMap(\.title)
            #expect(shown.contains(DatasetFolder.specialTitle))

            try checkState(application, oracle, history)
            let digest = try application.digest(state: application.stateFolder)
            #expect(digest.users == 60 && digest.movies == 120)
            #expect(digest.ratingsApplied == oracle.answeredCount)
            let offsets = try #require(digest.inputOffsets[application.topics.name(of: .ratings)])
            #expect(offsets.values.reduce(0, +) == 3000)
            #expect(try application.digest() == digest, "the journal alone gives another state")

            let last = try #require(lists.map(\.model.epoch).max())
            #expect(last <= digest.epoch)
            let middle = try application.digest(at: digest.epoch / 2)
            #expect(middle.epoch == digest.epoch / 2 && middle.digest != digest.digest)
        }

        /// Lag tools see that everything was read, also what the last transactions stored no offsets of.
        private func checkLag(_ application: Application, _ partitions: Int, ratings: Int64) throws {
            let group = try GroupLeadership(
                TestBroker.configuration(), topics: application.topics, instanceID: "asks, and does not join")
            defer { group.release() }
            let inputs = (0..<Int32(partitions)).map { InputPartition(.ratings, $0) }
            var stored: Int64 = 0
            let isComplete = try eventually(seconds: 10) {
                stored = try group.committedOffsets(of: inputs).values.reduce(0, +)
                if stored < ratings { usleep(50_000) }
                return stored >= ratings
            }
            #expect(isComplete && stored == ratings, "the group's offsets add up to \(stored)")
        }

        /// Reads what a consumer printed until it covers all answers; ends it.
        private func consumed(
            _ reader: ChildProcess, covering oracle: RatingOracle
        ) throws -> [RecommendationList] {
            var lists: [RecommendationList] = []
            var history = ListHistory()
            let isComplete = try eventually(seconds: 40) {
                let lines = reader.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                for line in lines.dropFirst(lists.count) {
                    var line = line
                    let list = try line.withUTF8 { try RecommendationList(json: UnsafeRawBufferPointer($0)) }
                    lists.append(list)
                    history.note(list, partition: 0)
                }
                if !history.covers(oracle) { usleep(100_000) }
                return history.covers(oracle)
            }
            #expect(isComplete, "not all ratings have a list; consume said: \(reader.errors)")
            #expect(reader.errors.isEmpty, "JSON stands alone: \(reader.errors)")
            reader.signal(SIGINT)
            #expect(reader.wait(seconds: 10) == .exited(130))
            return lists
        }
    }

    /// `state export` against the recount and the lists.
    static func checkState(_ application: Application, _ oracle: RatingOracle, _ history: ListHistory) throws {
        let exported = try application.export()
        #expect(Set(exported.keys) == Set(oracle.standings.keys))
        for (id, user) in exported {
            #expect(user.ratings.sorted { $0[0] < $1[0] } == oracle.exported(id), "user \(id)")
            #expect(user.listSequence == Int64(history.lists[id]?.count ?? 0), "user \(id)")
        }
    }
}
