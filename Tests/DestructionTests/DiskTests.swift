import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension DestructionTests {
    /// Checkpoints can't be written: the service goes on, says so, and writes the next one that it can.
    @Suite(.enabled(if: TestBroker.isApacheKafka))
    struct DiskTests {
        /// More ratings than lie between two checkpoints.
        private static let ratings = 170_000
        private static let refusal = "was not written"

        @Test(.timeLimit(.minutes(10)), .enabled(if: Mounts.areAllowed))
        func `A full disk and a read-only one keep no list back`() throws {
            let volume = try Mounts.Volume(size: "256k")
            let (deployment, watch) = try begin()
            defer { watch.stop() }
            var service = try deployment.serve(state: volume.path)
            var sent = try flood(deployment, service, watch, 0)
            #expect(service.errors.contains(Self.refusal), "\(service.errors)")
            #expect(checkpoints(volume.path) == 0)

            try volume.resize("256m")
            sent = add(sent, try flood(deployment, service, watch, 1))
            let isWritten = eventually(seconds: 10) { checkpoints(volume.path) > 0 }
            #expect(isWritten, "\(service.errors)")

            // Read-only in the middle: a checkpoint at the stop fails, the stop does not.
            try volume.cover()
            let before = service.errors.components(separatedBy: Self.refusal).count
            deployment.stop(service)
            #expect(service.errors.components(separatedBy: Self.refusal).count > before, "\(service.errors)")
            let refused = try deployment.startService(state: volume.path)
            #expect(refused.wait(seconds: 10) == .exited(1))
            #expect(refused.errors.contains(volume.path), "\(refused.errors)")

            try volume.uncover()
            service = try deployment.serve(state: volume.path)
            deployment.stop(service)
            try deployment.judge(sent, state: volume.path, "seed \(Intensity.seed)")
        }

        /// Where nothing can be mounted, the kernel's limit of a file's size stands for the full disk.
        @Test(.timeLimit(.minutes(10)), .enabled(if: !Mounts.areAllowed || Intensity.isFull))
        func `A limit of file sizes keeps no list back`() throws {
            let folder = try TemporaryFolder()
            let (deployment, watch) = try begin()
            defer { watch.stop() }
            // Blocks of 512 bytes; what is beyond fails instead of ending the process.
            let limit = ["/bin/sh", "-c", "ulimit -f 512; trap '' XFSZ; exec \"$0\" \"$@\""]
            var service = try deployment.serve(state: folder.path, wrapper: limit)
            let sent = try flood(deployment, service, watch, 0)
            #expect(service.errors.contains(Self.refusal), "\(service.errors)")
            #expect(checkpoints(folder.path) == 0)
            deployment.stop(service)
            service = try deployment.serve(state: folder.path)
            deployment.stop(service)
            #expect(checkpoints(folder.path) > 0)
            try deployment.judge(sent, state: folder.path, "seed \(Intensity.seed)")
        }

        private func begin() throws -> (Deployment, ListWatch) {
            let deployment = try Deployment(servers: TestBroker.servers(), partitions: 2)
            try Storm.sendCatalogue(deployment)
            return (deployment, try ListWatch(deployment))
        }

        /// Sends ratings as fast as can be, and waits until all of them are answered.
        private func flood(
            _ deployment: Deployment, _ service: ChildProcess, _ watch: ListWatch, _ number: Int
        ) throws -> Storm.Sent {
            let mixture = Storm.Mixture(
                changesCatalogue: false, ratingsPerSecond: 1e6, eventsMax: Self.ratings,
                firstRating: number * Self.ratings)
            let storm = try Storm(deployment, seed: Intensity.seed &+ UInt64(number), watch: watch, mixture)
            try #require(eventually(seconds: 60) { storm.isOver })
            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            #expect(service.isRunning, "\(service.errors)")
            return sent
        }

        private func add(_ sent: Storm.Sent, _ more: Storm.Sent) -> Storm.Sent {
            var both = sent
            both.garbage += more.garbage
            both.times.merge(more.times) { $0 + $1 }
            return both
        }

        private func checkpoints(_ directory: String) -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasPrefix("checkpoint-") && !$0.hasSuffix(".tmp") }.count
        }
    }
}
