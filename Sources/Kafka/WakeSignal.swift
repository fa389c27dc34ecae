import CRdKafka
import Glibc

/// A file descriptor that becomes readable when something happened: one place to sleep for many queues.
///
/// Any thread may raise it, one clears it.
public final class WakeSignal: Sendable {
    /// An eventfd, non-blocking.
    public let descriptor: Int32

    public init() {
        descriptor = marquee_eventfd()
        precondition(descriptor >= 0, "the process has no file descriptor left")
    }

    deinit { Glibc.close(descriptor) }

    /// What is written to raise the signal; librdkafka writes the same bytes.
    static let payload: UInt64 = 1

    public func raise() {
        var payload = Self.payload
        // Fails only when 2^64-2 raises are pending, and then the signal is up already.
        _ = write(descriptor, &payload, MemoryLayout<UInt64>.size)
    }

    /// Takes the signal down. Returns whether it was up.
    @discardableResult
    func clear() -> Bool {
        var count: UInt64 = 0
        return read(descriptor, &count, MemoryLayout<UInt64>.size) == MemoryLayout<UInt64>.size
    }

    /// Blocks until the signal is up or the time has passed. Returns whether it is up.
    @discardableResult
    func wait(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
