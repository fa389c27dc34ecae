import Foundation
import Testing

@testable import Streaming

/// The loop, the commit cycle and the recovery against a model broker, seed after seed: processes are killed, held and
/// stopped at any call, calls fail before or after their effect, elections and time-outs come at any moment.
///
/// `MARQUEE_SIMULATION_SEEDS` is how many seeds are tried, `MARQUEE_SIMULATION_SEED` the first of them: a failing seed is
/// printed, and run again alone by `MARQUEE_SIMULATION_SEED=… MARQUEE_SIMULATION_SEEDS=1`.
@Suite struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = UInt64(environment["MARQUEE_SIMULATION_SEEDS"] ?? "") ?? 2000
    private static let first = UInt64(environment["MARQUEE_SIMULATION_SEED"] ?? "") ?? 1
    private static let shares: UInt64 = 2

    @Test(.timeLimit(.minutes(30)), arguments: 0..<shares)
    func `Whatever befalls it, every event is learnt and answered exactly once`(share: UInt64) throws {
        let directory = try TemporaryDirectory()
        var deaths = 0
        var runs = 0
        for seed in Self.first..<(Self.first + Self.count) where seed % Self.shares == share {
            let run = SimulatedRun(seed: seed, directory: "\(directory.path)/\(seed)")
            do {
                try run.run()
                let complaints = try SimulationOracle(run: run).complaints()
                #expect(complaints.isEmpty, "seed \(seed)")
                if !complaints.isEmpty { return }
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
            try? FileManager.default.removeItem(atPath: "\(directory.path)/\(seed)")
            deaths += run.deaths
            runs += 1
        }
        // A simulation in which nothing happens proves nothing.
        if runs > 100 { #expect(deaths > runs, "\(deaths) processes ended in \(runs) runs") }
    }

    @Test func `A seed gives the same run again`() throws {
        let directory = try TemporaryDirectory()
        for seed: UInt64 in [3, 4] {
            let journals = try (0..<2).map { number in
                let run = SimulatedRun(seed: seed, directory: "\(directory.path)/\(number)-\(seed)")
                try run.run()
                return run.cluster.journal.map(\.bytes)
            }
            #expect(journals[0] == journals[1])
            #expect(!journals[0].isEmpty)
        }
    }
}
