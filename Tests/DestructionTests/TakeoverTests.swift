import Foundation
import KafkaTestSupport
import ProcessTestSupport
import Testing

extension DestructionTests {
    /// The leader stops leading, in every way there is.
    @Suite(.enabled(if: ApacheKafka.home != nil))
    struct TakeoverTests {
        private enum Strike: String, CaseIterable {
            case killed, held, cutOff, stopped

            /// How long nobody may publish: a planned stop hands over, else the session has to end first.
            var secondsMax: Double { self == .stopped ? 1 : Intensity.sessionSeconds + 1 }
        }

        @Test(.timeLimit(.minutes(10)))
        func `Held longer than its session, a lone leader goes on, or ends and goes on when it is started again`()
            throws
        {
            let name = "seed \(Intensity.seed)"
            let deployment = try Deployment(
                servers: TestBroker.servers(), partitions: 2, serviceOptions: Intensity.sessionOptions)
            let state = try TemporaryFolder()
            let (storm, watch) = try Storm.begin(deployment, .moderate)
            defer { watch.stop() }
            defer { storm.abandon() }
            var service = try deployment.serve(state: state.path)
            for _ in 0..<Intensity.takeovers {
                usleep(1_500_000)
                service.signal(SIGSTOP)
                usleep(UInt32((Intensity.sessionSeconds + 2) * 1e6))
                let before = watch.count
                service.signal(SIGCONT)
                let goesOn = eventually(seconds: 10) { watch.count > before + 100 || !service.isRunning }
                #expect(goesOn, "\(name): \(service.errors)")
                if !service.isRunning {
                    expectFailure(service, name)
                    service = try deployment.serve(state: state.path)
                }
            }
            let sent = try storm.stop()
            try deployment.settle(sent, watch)
            deployment.stop(service)
            try deployment.judge(sent, state: state.path, name)
        }

        @Test(.timeLimit(.minutes(20)))
        func `A standby takes over from a leader that is killed, held, cut off or stopped`() throws {
            let name = "seed \(Intensity.seed)"
            var random = Seeded(state: Intensity.seed)
            let broker = try PrivateBroker(home: #require(ApacheKafka.home), links: 2)
            let deployment = try Deployment(
                servers: broker.address, partitions: 3, serviceOptions: Intensity.sessionOptions)
            let (storm, watch) = try Storm.begin(deployment, .moderate)
            defer { watch.stop() }
            defer { storm.abandon() }
            let first = try Instance(deployment, servers: broker.linkedAddress(0))
            // What a follower says when it has caught up needs a journal.
            try #require(eventually(seconds: 60) { watch.count > 100 }, "\(name): \(first.process.errors)")
            let pair = Pair(first: first, second: try Instance(deployment, servers: broker.linkedAddress(1)))
            for strike in (0..<Intensity.takeovers).flatMap({ _ in Strike.allCases }) {
                let (leader, follower) = try pair.settle()
                usleep(UInt32.random(in: 1_000_000..<2_000_000, using: &random))
                let link = broker.links[leader === pair.first ? 0 : 1]
                try takeOver(strike, leader, follower, link, watch, "\(name), \(strike)")
            }
            try pair.conclude(storm, watch, name)
            try compareDigests(deployment, [pair.first, pair.second], name)
        }

        private func takeOver(
            _ strike: Strike, _ leader: Instance, _ follower: Instance, _ link: FaultyLink, _ watch: ListWatch,
            _ name: String
        ) throws {
            let process = leader.process
            let successor = follower.process
            let start = monotonicSeconds()
            switch strike {
            case .killed: process.kill()
            case .held: process.signal(SIGSTOP)
            case .cutOff: link.condition = .silent
            case .stopped: process.signal(SIGTERM)
            }
            let end = start + strike.secondsMax + 1.5
            usleep(UInt32((end - start) * 1e6))
            let gap = watch.longestGap(from: start, to: end)
            #expect(gap <= strike.secondsMax, "\(name): nobody published for \(gap) s; \(successor.errors)")
            #expect(follower.leads, "\(name): \(successor.errors)")

            let back = monotonicSeconds()
            switch strike {
            case .killed: break
            case .held: process.signal(SIGCONT)
            case .cutOff: link.condition = .whole
            case .stopped: #expect(process.wait(seconds: 10) == .exited(0), "\(name): \(process.errors)")
            }
            if strike == .held || strike == .cutOff {
                process.wait(seconds: 5)
                expectFailure(process, name)
                // Its successor does not notice.
                usleep(1_500_000)
                let gap = watch.longestGap(from: back, to: monotonicSeconds())
                #expect(gap < 1, "\(name): nobody published for \(gap) s; \(successor.errors)")
            }
            #expect(follower.process === successor && successor.isRunning, "\(name): \(successor.errors)")
        }

        /// A leader that lost the lead says so in its log, prints nothing, and ends with a failure.
        private func expectFailure(_ process: ChildProcess, _ name: String) {
            #expect(process.ending == .exited(1), "\(name): \(process.errors)")
            #expect(process.output.isEmpty, "\(name)")
            #expect(process.errors.contains("marquee: "), "\(name): \(process.errors)")
        }

        /// Whoever led and followed has the same state at every epoch that can be asked for.
        private func compareDigests(_ deployment: Deployment, _ instances: [Instance], _ name: String) throws {
            let newest = try deployment.digest()
            for epoch in [newest.epoch / 3, newest.epoch * 2 / 3, newest.epoch] {
                let expected = try deployment.digest(at: epoch)
                for instance in instances {
                    // Checkpoints of later epochs are passed over, so what is left of the others counts.
                    #expect(
                        try deployment.digest(state: instance.state, at: epoch) == expected, "\(name), epoch \(epoch)")
                }
            }
        }
    }
}
