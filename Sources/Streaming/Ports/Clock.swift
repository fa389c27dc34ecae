/// The time, for pacing, metrics and `generated_at` alone: nothing of it may enter the learnt state.
public protocol Clock: AnyObject {
    /// Milliseconds since 1970.
    func wallMilliseconds() -> Int64
    /// Nanoseconds from some fixed point, never going back.
    func monotonicNanoseconds() -> UInt64
}
