import Foundation

/// Lets whoever writes a checkpoint rest twice as long as it worked, so that a large one takes longer and not more of the
/// machine.
///
/// Its clock is for pacing alone: what is written was cut before. Owned by the job's thread.
final class CheckpointPace {
    private let isHasty: () -> Bool
    private var resumed = ContinuousClock.now

    private static let restPerWork = 2
    private static let restMax = Duration.milliseconds(100)

    /// - Parameter isHasty: Whether somebody waits for it: then it does not rest.
    init(isHasty: @escaping () -> Bool) { self.isHasty = isHasty }

    /// Called after each piece.
    func rest() {
        let worked = resumed.duration(to: .now)
        if isHasty() { return }
        let rest = min(worked * Self.restPerWork, Self.restMax)
        usleep(UInt32(rest / .microseconds(1)))
        resumed = .now
    }
}
