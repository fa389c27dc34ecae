import Foundation
import Testing

/// How hard the suites strike. `MARQUEE_DESTRUCTION=full` is for a machine and an hour of its own; without it they take
/// the few minutes that every commit can spend.
enum Intensity {
    static let isFull = ProcessInfo.processInfo.environment["MARQUEE_DESTRUCTION"] == "full"

    /// How often the service is killed, for one and for six partitions each.
    static let kills = isFull ? 500 : 20
    static let stops = 20
    /// How often the leader is held, killed and cut off.
    static let takeovers = isFull ? 5 : 1
    /// How long the broker cannot be reached.
    static let outageSeconds = isFull ? 30.0 : 8.0
    /// What the services promise; with `MARQUEE_DESTRUCTION_DELIVERY=at-least-once` lists and dead letters may be repeated.
    static let delivery =
        ProcessInfo.processInfo.environment["MARQUEE_DESTRUCTION_DELIVERY"].flatMap { Delivery(rawValue: $0) }
        ?? .exactlyOnce

    /// The session time-out: the product's own, or a short one.
    static let sessionSeconds = isFull ? 6.0 : 2.0
    static var sessionOptions: [String] {
        isFull ? [] : ["--kafka", "session.timeout.ms=2000", "--kafka", "heartbeat.interval.ms=500"]
    }

    /// Everything random follows from it: printed by what fails, and set by `MARQUEE_DESTRUCTION_SEED` to see it again.
    /// What is drawn is the same then; where a process is when it is struck is up to the machine.
    static let seed: UInt64 =
        ProcessInfo.processInfo.environment["MARQUEE_DESTRUCTION_SEED"].flatMap { UInt64($0) }
        ?? .random(in: 0 ... .max)
}

/// What destroys and measures runs alone: one test after the other.
@Suite(.serialized)
enum DestructionTests {}

/// Seconds of a clock that never goes back.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
