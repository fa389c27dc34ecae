import Glibc
import Synchronization

/// Passes TCP connections from one loopback port on to another, one thread a connection. For a handful of bootstrap
/// connections, not for load.
final class PortForwarder {
    private let listener: Int32
    private let stopping: StopFlag

    private final class StopFlag: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    /// Throws `KafkaError.brokerDidNotStart` when `port` is taken.
    init(from port: UInt16, to target: UInt16) throws {
        let opened = Loopback.socket()
        let stopping = StopFlag()
        guard opened >= 0, Loopback.with(port, { bind(opened, $0, $1) }) == 0, listen(opened, 16) == 0 else {
            let reason = String(cString: strerror(errno))
            Glibc.close(opened)
            throw KafkaError.brokerDidNotStart(reason: "port \(port) cannot be opened: \(reason)")
        }
        listener = opened
        self.stopping = stopping
        DetachedThread.start { Self.serve(opened, target, stopping) }
    }

    deinit { stop() }

    func stop() {
        guard !stopping.isSet.exchange(true, ordering: .relaxed) else { return }
        // Ends the accepting thread, which closes the descriptor.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func serve(_ listener: Int32, _ target: UInt16, _ stopping: StopFlag) {
        defer { Glibc.close(listener) }
        while !stopping.isSet.load(ordering: .relaxed) {
            let client = accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            DetachedThread.start { Self.pass(client, target, stopping) }
        }
    }

    /// Copies both ways until either side closes.
    private static func pass(_ client: Int32, _ target: UInt16, _ stopping: StopFlag) {
        defer { Glibc.close(client) }
        let server = Loopback.socket()
        guard server >= 0 else { return }
        defer { Glibc.close(server) }
        guard Loopback.with(target, { connect(server, $0, $1) }) == 0 else { return }
        var ends = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        while !stopping.isSet.load(ordering: .relaxed) {
            guard poll(&ends, 2, 200) >= 0 || errno == EINTR else { return }
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                let count = recv(ends[from].fd, buffer.baseAddress, buffer.count, 0)
                guard count > 0, Loopback.send(ends[to].fd, buffer.prefix(count)) else { return }
            }
        }
    }
}
