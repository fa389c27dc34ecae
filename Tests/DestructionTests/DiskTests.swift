import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension DestructionTests {
    /// Checkpoints can't be written: the service goes on, says so, and writes the next one that it can.
    @Suite(.enabled(if: TestBroker.isApacheKafka))
    struct DiskTests {
        private static let refusal = "was not written"
        /// A checkpoint is due half a minute after somebody was forgotten, or a minute after the last.
        private static let patienceSeconds = 75.0

        @Test(.timeLimit(.minutes(10)), .enabled(if: Mounts.areAllowed))
        func `A full disk and a read-only one keep no list back`() throws {
            let volume = try Mounts.Volume(size: "256k")
            let (deployment, storm, watch) = try begin()
            defer { storm.abandon() }
            defer { watch.stop() }
            var service = try deployment.serve(state: volume.path)
            expectRefusal(service, watch)
            #expect(checkpoints(volume.path) == 0)
            try volume.resize("256m")
            let isWritten = eventually(seconds: Self.patienceSeconds) { checkpoints(volume.path) > 0 }
            #expect(isWritten, "\(service.errors)")

            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            // A checkpoint that can't be written at the stop does not keep it from stopping.
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
            let (deployment, storm, watch) = try begin()
            defer { storm.abandon() }
            defer { watch.stop() }
            // Blocks of 512 bytes; what is beyond fails instead of ending the process.
            let limit = ["/bin/sh", "-c", "ulimit -f 512; trap '' XFSZ; exec \"$0\" \"$@\""]
            var service = try deployment.serve(state: folder.path, wrapper: limit)
            expectRefusal(service, watch)
            #expect(checkpoints(folder.path) == 0)
            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            deployment.stop(service)
            service = try deployment.serve(state: folder.path)
            deployment.stop(service)
            #expect(checkpoints(folder.path) > 0)
            try deployment.judge(sent, state: folder.path, "seed \(Intensity.seed)")
        }

        private func begin() throws -> (Deployment, Storm, ListWatch) {
            let deployment = try Deployment(servers: TestBroker.servers(), partitions: 2)
            let (storm, watch) = try Storm.begin(deployment, Storm.Mixture(ratingsPerSecond: 300))
            return (deployment, storm, watch)
        }

        /// Waits until a checkpoint could not be written, and for lists after that.
        private func expectRefusal(_ service: ChildProcess, _ watch: ListWatch) {
            #expect(service.waitForErrors(Self.refusal, seconds: Self.patienceSeconds), "\(service.errors)")
            let before = watch.count
            #expect(eventually(seconds: 5) { watch.count > before + 100 }, "\(service.errors)")
        }

        private func checkpoints(_ directory: String) -> Int {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasPrefix("checkpoint-") && !$0.hasSuffix(".tmp") }.count
        }
    }
}
