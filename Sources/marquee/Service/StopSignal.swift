import Foundation
import Synchronization

/// SIGTERM and SIGINT as a flag: the work in hand is finished, then the process ends.
///
/// The signals are blocked in every thread and taken by one that waits for them, so none is lost between start and
/// readiness, and no handler runs in the middle of anything.
final class StopSignal: Sendable {
    private let received = Atomic<Int32>(0)
    private let wakers = Mutex<[@Sendable () -> Void]>([])

    /// To be called before any other thread starts: threads inherit the mask.
    init() {
        signal(SIGPIPE, SIG_IGN)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        Thread.detachNewThread { [self] in
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, SIGTERM)
            sigaddset(&set, SIGINT)
            while true {
                var number: Int32 = 0
                guard sigwait(&set, &number) == 0 else { continue }
                // Who asks twice does not want to wait.
                if received.exchange(number, ordering: .acquiringAndReleasing) != 0 { exit(ExitCode.interrupted) }
                wakers.withLock { for wake in $0 { wake() } }
            }
        }
    }

    /// Whether a signal came.
    var isSet: Bool { received.load(ordering: .acquiring) != 0 }

    /// Whether it was a signal from without.
    var isInterrupted: Bool { received.load(ordering: .acquiring) > 0 }

    /// Sets the flag from within.
    func set() {
        if received.compareExchange(expected: 0, desired: -1, ordering: .acquiringAndReleasing).exchanged {
            wakers.withLock { for wake in $0 { wake() } }
        }
    }

    /// Called when a signal comes, from the thread that waits for it.
    func onSet(_ wake: @escaping @Sendable () -> Void) {
        wakers.withLock { $0.append(wake) }
        if isSet { wake() }
    }
}

enum ExitCode {
    static let done: Int32 = 0
    static let failed: Int32 = 1
    static let usage: Int32 = 64
    static let interrupted: Int32 = 130
}
