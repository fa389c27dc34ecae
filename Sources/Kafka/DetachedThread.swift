import Glibc

/// Runs blocking C calls on a thread of their own, never on Swift's cooperative pool.
enum DetachedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Returns whether the thread could be started.
    @discardableResult
    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(run))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        if status != 0 { body.release() }
        return status == 0
    }
}

/// A point in time that waits are measured against.
struct Deadline {
    private let end: UInt64

    init(milliseconds: Int) { end = Self.now() &+ UInt64(max(0, milliseconds)) * 1_000_000 }

    /// Milliseconds left, rounded up; 0 when the time has come.
    var millisecondsLeft: Int {
        let now = Self.now()
        return now >= end ? 0 : Int((end - now + 999_999) / 1_000_000)
    }

    var hasPassed: Bool { millisecondsLeft == 0 }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
