import Foundation
import Learning

/// Threads of which exactly one runs at a time: which one is drawn from a seed at every point where they wait or yield, so
/// that a seed gives the same interleaving again. Time passes by steps alone.
///
/// Unchecked, like everything that fibers share, because the baton orders all of it: the semaphores that pass it on are the
/// only way from one to another.
final class Fibers: @unchecked Sendable {
    /// The process of this fiber was killed: it unwinds without touching anything.
    struct Killed: Error {}

    final class Fiber: @unchecked Sendable {
        fileprivate let baton = DispatchSemaphore(value: 0)
        fileprivate var wakesAt: UInt64 = 0
        fileprivate var condition: (() -> Bool)?
        fileprivate(set) var hasEnded = false
        var isKilled = false
        /// Not run before this time, as a process that was stopped.
        var heldUntil: UInt64 = 0
    }

    var random: SplitMix64
    /// Nanoseconds.
    private(set) var now: UInt64 = 1_000_000_000
    private var fibers: [Fiber] = []
    private var current: Fiber?
    private let scheduler = DispatchSemaphore(value: 0)
    private static let stepNanoseconds: UInt64 = 20_000

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func draw(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    /// True once in so many times.
    func happens(oneIn count: Int) -> Bool { count > 0 && draw(count) == 0 }

    func tick() -> UInt64 {
        now += 100
        return now
    }

    func spawn(_ body: @escaping @Sendable () -> Void) -> Fiber {
        let fiber = Fiber()
        fibers.append(fiber)
        let thread = Thread { [self] in
            fiber.baton.wait()
            body()
            fiber.hasEnded = true
            scheduler.signal()
        }
        thread.stackSize = 1 << 20
        thread.start()
        return fiber
    }

    // MARK: What a fiber calls

    private var isKilled: Bool { current?.isKilled ?? false }

    /// Lets others run, perhaps.
    func yield() throws {
        if isKilled { throw Killed() }
        if draw(4) == 0 { try wait(nanoseconds: 0) { true } }
    }

    /// As `yield`, where nothing can be thrown; false when the process was killed.
    func mayGoOn() -> Bool { (try? yield()) != nil }

    /// Waits until the condition holds, at most so long.
    func wait(nanoseconds: UInt64, until condition: @escaping () -> Bool = { false }) throws {
        guard let fiber = current else { return }
        if fiber.isKilled { throw Killed() }
        fiber.wakesAt = now + nanoseconds
        fiber.condition = condition
        scheduler.signal()
        fiber.baton.wait()
        if fiber.isKilled { throw Killed() }
    }

    // MARK: What the driver calls

    /// Runs one fiber up to where it waits next, or lets time pass up to the alarm when none can run before.
    func step(alarm: UInt64) {
        fibers.removeAll { $0.hasEnded }
        if fibers.isEmpty {
            if alarm < .max { now = max(now + 1, alarm) }
            return
        }
        now += Self.stepNanoseconds
        var ready: [Fiber] = []
        while true {
            for fiber in fibers where isReady(fiber) { ready.append(fiber) }
            if !ready.isEmpty { break }
            let next = fibers.map { max($0.wakesAt, $0.heldUntil) }.min() ?? .max
            if alarm <= next {
                now = max(now, alarm)
                return
            }
            now = max(now + 1, next)
        }
        let fiber = ready[draw(ready.count)]
        fiber.heldUntil = 0
        current = fiber
        fiber.baton.signal()
        scheduler.wait()
        current = nil
    }

    /// Ends those that are left, as when their machine is switched off.
    func endAll() {
        for fiber in fibers { fiber.isKilled = true }
        while fibers.contains(where: { !$0.hasEnded }) { step(alarm: .max) }
    }

    private func isReady(_ fiber: Fiber) -> Bool {
        if fiber.isKilled { return true }
        if fiber.heldUntil > now { return false }
        return fiber.wakesAt <= now || fiber.condition?() ?? false
    }
}
