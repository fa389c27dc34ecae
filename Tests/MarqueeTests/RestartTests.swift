import Foundation
import Kafka
import KafkaTestSupport
import ProcessTestSupport
import Streaming
import Testing

extension ProcessTests {
    struct RestartTests {
        @Test
        func `A stopped service goes on where it was`() throws {
            let application = try Application(partitions: 2)
            let dataset = try DatasetFolder(seed: 2, ratings: 1500)
            try application.publishCatalogue(dataset)
            let first = try application.serve()
            try application.replay(dataset, ["--limit", "700"])
            try ListHistory.waitForAnswers(application)
            application.stop(first)
            let before = try application.digest(state: application.stateFolder)

            // A start and stop without anything new changes nothing.
            application.stop(try application.serve())
            #expect(try application.digest(state: application.stateFolder) == before)

            let second = try application.serve()
            #expect(second.errors.contains("restored epoch \(before.epoch)"), "\(second.errors)")
            try application.replay(dataset)
            try checkAll(application, second)
        }

        @Test
        func `A service killed in the middle of a replay loses and invents nothing`() throws {
            let seed = UInt64.random(in: 0 ... .max)
            var random = Seeded(state: seed)
            let application = try Application(partitions: 3)
            let dataset = try DatasetFolder(seed: 3, movies: 200, ratings: 4000)
            try application.publishCatalogue(dataset)
            let arguments = ["replay"] + application.connection + ["--dataset", dataset.path, "--speed", "1500/s"]
            let replay = try ChildProcess(arguments)
            for _ in 0..<4 {
                let service = try application.startService()
                usleep(UInt32(150_000 + random.next() % 500_000))
                service.kill()
                #expect(service.ending == .killed(signal: SIGKILL), "seed \(seed): \(service.errors)")
            }
            let service = try application.serve()
            #expect(replay.wait(seconds: 30) == .exited(0))
            try checkAll(application, service, "seed \(seed)")
        }

        @Test
        func `A damaged checkpoint is passed over`() throws {
            let application = try Application()
            let dataset = try DatasetFolder(seed: 4, ratings: 1000)
            for limit in [400, 1000] {
                let service = try application.serve()
                try application.replay(dataset, ["--limit", String(limit)])
                try ListHistory.waitForAnswers(application)
                application.stop(service)
            }
            let digest = try application.digest()
            let files = try checkpoints(application.stateFolder)
            try #require(files.count == 2)
            let seed = UInt64.random(in: 0 ... .max)
            var random = Seeded(state: seed)
            for damage in ["truncated", "flipped", "empty", "all"] {
                let folder = try TemporaryFolder()
                for (number, file) in files.enumerated() {
                    var data = try Data(contentsOf: URL(fileURLWithPath: file.path))
                    let at = Int(random.next() % UInt64(data.count))
                    switch (damage, number) {
                    case ("truncated", 0): data = data.prefix(at)
                    case ("empty", 0): data = Data()
                    case ("flipped", 0), ("all", _): data[at] ^= UInt8(1 << (random.next() % 8))
                    default: break
                    }
                    try folder.write(file.name, data)
                }
                var errors = ""
                let found = try application.digest(state: folder, errors: &errors)
                #expect(found == digest, "\(damage), seed \(seed)")
                let passedOver = errors.components(separatedBy: "is passed over").count - 1
                #expect(passedOver == (damage == "all" ? 2 : 1), "\(damage), seed \(seed): \(errors)")

                let service = try application.serve(state: folder)
                #expect(service.errors.contains("is passed over"), "\(damage), seed \(seed): \(service.errors)")
                application.stop(service)
                #expect(try application.digest(state: folder) == digest, "\(damage), seed \(seed)")
            }
        }

        @Test(.enabled(if: TestBroker.isApacheKafka))
        func `A service that lost its state directory is restored from the topic`() throws {
            let application = try Application(partitions: 2)
            let dataset = try DatasetFolder(seed: 5, ratings: 2000)
            try application.publishCatalogue(dataset)
            let first = try application.serve()
            try application.replay(dataset, ["--limit", "1200"])
            try ListHistory.waitForAnswers(application)
            application.stop(first)
            let digest = try application.digest()
            try copyNewestCheckpoint(to: application.topics, from: application.stateFolder, epoch: digest.epoch)
            let empty = try TemporaryFolder()
            #expect(try application.digest(state: empty) == digest)

            let second = try application.serve(state: empty)
            #expect(
                second.errors.contains(" 0 ratings replayed since the checkpoint of epoch \(digest.epoch)"),
                "\(second.errors)")
            try application.replay(dataset)
            try ListHistory.waitForAnswers(application)
            application.stop(second)
            #expect(try application.digest(state: empty) == application.digest())
        }

        /// A leader writes to the topic once a minute; what it leaves at its stop is put there in its place.
        private func copyNewestCheckpoint(
            to topics: KafkaTopics, from folder: TemporaryFolder, epoch: Int64
        ) throws {
            let file = try #require(try checkpoints(folder).first { $0.name == "checkpoint-\(epoch).mqc" })
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file.path)))
            // The journal's offset and the end marker are a piece of their own, the last.
            let end = bytes.count - 52
            let starts = Array(stride(from: 0, to: end, by: 256 * 1024)) + [end]
            let log = try KafkaCheckpointLog(TestBroker.configuration(), topics: topics)
            for (piece, start) in starts.enumerated() {
                let next = piece + 1 < starts.count ? starts[piece + 1] : bytes.count
                try bytes[start..<next].withUnsafeBytes {
                    try log.append(CheckpointKey(epoch: epoch, piece: piece), $0)
                }
            }
            try log.flush()
        }

        /// Waits for all answers, stops the service, and compares lists, state and a replay by the journal alone.
        private func checkAll(
            _ application: Application, _ service: ChildProcess, _ name: String = "",
            _ location: SourceLocation = #_sourceLocation
        ) throws {
            let oracle = try ListHistory.waitForAnswers(application, location)
            #expect(Set(oracle.eventIDs).count == oracle.eventIDs.count, "\(name)", sourceLocation: location)
            application.stop(service, location)
            let history = try ListHistory(application)
            let problems = history.problems(against: oracle, topics: application.topics, listLength: 20)
            #expect(problems.prefix(5) == [], "\(name): \(problems.count) problems", sourceLocation: location)
            try ProcessTests.checkState(application, oracle, history)
            let digest = try application.digest(state: application.stateFolder)
            #expect(digest.ratingsApplied == oracle.answeredCount, "\(name)", sourceLocation: location)
            #expect(try application.digest() == digest, "\(name)", sourceLocation: location)
        }

        /// The checkpoint files, newest first.
        private func checkpoints(_ folder: TemporaryFolder) throws -> [(name: String, path: String)] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("checkpoint-") }
                .sorted { $0.count == $1.count ? $0 > $1 : $0.count > $1.count }
                .map { ($0, "\(folder.path)/\($0)") }
        }
    }
}
