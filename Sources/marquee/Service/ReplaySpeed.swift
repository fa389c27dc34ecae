import CommandLineOptions

/// How fast a stream is replayed.
enum ReplaySpeed: Equatable {
    case max
    /// So many times as fast as it happened.
    case factor(Double)
    /// So many ratings a second.
    case rate(Double)

    init(_ invocation: Invocation) throws {
        guard let speed = ReplaySpeed(try invocation.string("speed")) else {
            throw invocation.error("speed", expected: "max, a factor like 1000x, or a rate like 500/s")
        }
        self = speed
    }

    init?(_ text: String) {
        if text == "max" {
            self = .max
        } else if text.hasSuffix("x"), let factor = Double(text.dropLast()), factor > 0, factor.isFinite {
            self = .factor(factor)
        } else if text.hasSuffix("/s"), let rate = Double(text.dropLast(2)), rate > 0, rate.isFinite {
            self = .rate(rate)
        } else {
            return nil
        }
    }

    /// When rating number `done` is due, in seconds after the first; nil = at once.
    func dueSeconds(done: Int, timeSeconds: Int64, firstTimeSeconds: Int64) -> Double? {
        switch self {
        case .max: nil
        case .factor(let factor): Double(timeSeconds - firstTimeSeconds) / factor
        case .rate(let rate): Double(done) / rate
        }
    }
}
