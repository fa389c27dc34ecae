import Foundation
import Streaming

/// The machine's clocks.
final class SystemClock: Clock {
    func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    func monotonicNanoseconds() -> UInt64 { MonotonicTime.nanoseconds }
}
