import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension DestructionTests {
    /// The broker goes away and comes back under load.
    @Suite(.enabled(if: ApacheKafka.home != nil))
    struct BrokerTests {
        private enum Outage: String, CaseIterable {
            case stopped, killed, held, silent, broken

            /// A broker that was killed may have forgotten what a producer without transactions relies on; whoever
            /// runs the service starts it again then.
            var mayEndService: Bool { self == .killed && Intensity.delivery == .atLeastOnce }
        }

        @Test(.timeLimit(.minutes(20)))
        func `The service outlives a broker that is stopped, killed, held or cut off`() throws {
            try againWhileMarkersAreDropped(links: 1, outlive)
        }

        @Test(.timeLimit(.minutes(10)))
        func `With a standby, a broker that was away finds one leader and one follower again`() throws {
            try againWhileMarkersAreDropped(findPair)
        }

        /// A broker that drops the end of a decided transaction leaves nothing that a client could go on from: such a run
        /// is made again on a new one, and only its failures are excused.
        private func againWhileMarkersAreDropped(links: Int = 0, _ run: (PrivateBroker) throws -> Void) throws {
            for _ in 0..<3 {
                let broker = try PrivateBroker(home: #require(ApacheKafka.home), links: links)
                let log = broker.log
                try withKnownIssue("the broker dropped the end of a transaction", isIntermittent: true) {
                    try run(broker)
                } matching: { _ in
                    log.tellsOfDroppedMarkers
                }
                if !log.tellsOfDroppedMarkers { return }
            }
            Issue.record("three brokers dropped the end of a transaction")
        }

        private func outlive(_ broker: PrivateBroker) throws {
            let name = "seed \(Intensity.seed)"
            let deployment = try Deployment(
                servers: broker.address, partitions: 3, serviceOptions: Intensity.sessionOptions)
            let state = try TemporaryFolder()
            let (storm, watch) = try Storm.begin(deployment, .moderate)
            defer { watch.stop() }
            defer { storm.abandon() }
            let servers = broker.linkedAddress(0)
            var service = try deployment.serve(state: state.path, servers: servers)
            for outage in Outage.allCases {
                usleep(1_500_000)
                try strike(broker, outage)
                // It goes on by itself, within a few seconds.
                let before = watch.count
                let goesOn = eventually(seconds: 20) { watch.count > before + 100 || !service.isRunning }
                #expect(goesOn, "\(name), \(outage): \(service.errors)")
                if !service.isRunning {
                    #expect(outage.mayEndService, "\(name), \(outage): \(service.errors)")
                    service = try deployment.serve(state: state.path, servers: servers)
                }
            }
            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            deployment.stop(service)
            try deployment.judge(sent, state: state.path, name)
        }

        private func findPair(_ broker: PrivateBroker) throws {
            let name = "seed \(Intensity.seed)"
            let deployment = try Deployment(
                servers: broker.address, partitions: 2, serviceOptions: Intensity.sessionOptions)
            let (storm, watch) = try Storm.begin(deployment, .moderate)
            defer { watch.stop() }
            defer { storm.abandon() }
            let first = try Instance(deployment, servers: broker.address)
            try #require(eventually(seconds: 60) { watch.count > 100 }, "\(name): \(first.process.errors)")
            let pair = Pair(first: first, second: try Instance(deployment, servers: broker.address))
            for outage in [Outage.stopped, .killed] {
                _ = try pair.settle()
                usleep(1_000_000)
                try strike(broker, outage)
                let before = watch.count
                // Who leads may change; whoever ends is started again.
                let goesOn = try eventually(seconds: 30) {
                    try pair.startThoseThatEnded()
                    return watch.count > before + 100
                }
                #expect(goesOn, "\(name), \(outage): \(pair.first.process.errors) \(pair.second.process.errors)")
            }
            // Both may stand for election once more.
            usleep(UInt32((Intensity.sessionSeconds + 1) * 1e6))
            try pair.conclude(storm, watch, name)
        }

        private func strike(_ broker: PrivateBroker, _ outage: Outage) throws {
            let seconds = UInt32(Intensity.outageSeconds * 1e6)
            switch outage {
            case .stopped:
                try broker.stop()
                usleep(1_000_000)
                try broker.start()
            case .killed:
                try broker.kill()
                try broker.start()
            case .held:
                broker.pause()
                usleep(seconds)
                broker.resume()
            case .silent:
                broker.links[0].condition = .silent
                usleep(seconds)
                broker.links[0].condition = .whole
            case .broken:
                broker.links[0].condition = .broken
                usleep(seconds / 2)
                broker.links[0].condition = .whole
            }
        }
    }
}
