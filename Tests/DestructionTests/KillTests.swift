import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension DestructionTests {
    /// The service dies again and again while a storm of events goes on.
    @Suite(.enabled(if: TestBroker.isApacheKafka))
    struct KillTests {
        private static let forgetSeconds = 60.0

        @Test(.timeLimit(.minutes(60)), arguments: [1, 6])
        func `Killed and stopped at random points, the service loses nothing and repeats nothing`(
            partitions: Int
        ) throws {
            let seed = Intensity.seed &+ UInt64(partitions)
            let name = "seed \(Intensity.seed), \(partitions) partitions"
            var random = Seeded(state: seed)
            let deployment = try Deployment(
                servers: TestBroker.servers(), partitions: partitions, serviceOptions: Intensity.sessionOptions)
            let state = try TemporaryFolder()
            let (storm, watch) = try Storm.begin(deployment, seed: seed)
            defer { watch.stop() }
            defer { storm.abandon() }
            var wiped = 0
            for number in 0..<Intensity.kills {
                let service = try deployment.startService(state: state.path)
                try live(service, deployment, &random)
                service.kill()
                #expect(service.ending == .killed(signal: SIGKILL), "\(name), kill \(number): \(service.errors)")
                if Int.random(in: 0..<4, using: &random) == 0 {
                    wiped += 1
                    try wipe(state.path)
                }
            }
            for number in 0..<(partitions == 1 ? Intensity.stops / 2 : Intensity.stops - Intensity.stops / 2) {
                let service = try deployment.startService(state: state.path)
                // Not before it can hear a signal.
                usleep(300_000)
                try live(service, deployment, &random)
                service.signal(SIGTERM)
                #expect(
                    service.wait(seconds: 10) == .exited(0), "\(name), stop \(number): \(service.errors)")
            }
            let service = try deployment.serve(state: state.path)
            let sent = try storm.stop()
            try deployment.settle(sent, watch, seconds: Intensity.isFull ? 300 : 60)
            #expect(sent.forgets.count > 2, "\(name): the storm was too short to forget anybody")
            if partitions == 1 { try checkErasure(sent, state.path, name) }
            deployment.stop(service)
            try deployment.judge(sent, state: state.path, name)
        }

        @Test(.timeLimit(.minutes(10)))
        func `With one partition a service that was killed again and again learns what an undisturbed one does`()
            throws
        {
            let name = "seed \(Intensity.seed)"
            var random = Seeded(state: Intensity.seed)
            let deployment = try Deployment(servers: TestBroker.servers(), partitions: 1)
            let state = try TemporaryFolder()
            let (storm, watch) = try Storm.begin(deployment, Storm.Mixture(changesCatalogue: false))
            defer { watch.stop() }
            defer { storm.abandon() }
            for _ in 0..<6 {
                let service = try deployment.startService(state: state.path)
                try live(service, deployment, &random)
                service.kill()
            }
            let service = try deployment.serve(state: state.path)
            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            deployment.stop(service)
            try deployment.judge(sent, state: state.path, name)
            let digest = try deployment.digest(state: state.path)

            // Publishes to the same topic, so it comes last.
            let undisturbed = try Deployment(beside: deployment)
            let second = try TemporaryFolder()
            let other = try undisturbed.serve(state: second.path)
            let ends = digest.inputOffsets
            let hasReadAll = try eventually(seconds: 60) {
                usleep(200_000)
                return try undisturbed.digest(state: second.path).inputOffsets == ends
            }
            #expect(hasReadAll, "\(name): \(other.errors)")
            undisturbed.stop(other)
            #expect(try undisturbed.digest(state: second.path).digest == digest.digest, "\(name)")
        }

        /// Some die while they restore, some while they serve.
        private func live(_ service: ChildProcess, _ deployment: Deployment, _ random: inout Seeded) throws {
            if Int.random(in: 0..<3, using: &random) > 0 { try deployment.waitUntilServing(service) }
            usleep(UInt32.random(in: 0..<800_000, using: &random))
        }

        private func wipe(_ directory: String) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
            }
        }

        /// A minute after somebody was forgotten no file of the running service holds a rating of his; those of others
        /// are there.
        private func checkErasure(_ sent: Storm.Sent, _ directory: String, _ name: String) throws {
            let left = sent.lastForget + Self.forgetSeconds + 2 - monotonicSeconds()
            if left > 0 { usleep(UInt32(left * 1e6)) }
            let gone = Set(sent.forgottenTimes.values.joined())
            let kept = Set(sent.times.values.joined())
            let forgotten = Set(sent.forgets.keys.filter { sent.times[$0] == nil })
            let search = try CheckpointSearch(directory, for: gone.union(kept), marking: forgotten)
            #expect(search.fileCount > 0, "\(name): there is no checkpoint")
            #expect(search.found.intersection(gone).isEmpty, "\(name): ratings of forgotten users are kept")
            #expect(!search.found.intersection(kept).isEmpty, "\(name): the search finds nobody's ratings")
            // His id stands in the list of those who are forgotten, with the time, and nowhere else.
            #expect(search.followers.allSatisfy { $0.value.count == 1 }, "\(name): rows of forgotten users are kept")
        }
    }
}
