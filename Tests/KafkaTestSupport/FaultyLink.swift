import Foundation
import Kafka
import Synchronization

/// Passes TCP connections on to another port of this machine, until it is told to fail as networks do.
public final class FaultyLink: Sendable {
    public enum Condition: Int, Sendable {
        /// Bytes pass both ways.
        case whole
        /// Connections stay open and new ones are taken; no byte passes, and none is lost.
        case silent
        /// Connections break, new ones as soon as they are made.
        case broken
    }

    public struct CannotListen: Error {
        var code: Int32
    }

    /// Where clients connect to.
    public let port: UInt16
    private let target: UInt16
    private let listener: Int32
    private let state = Atomic<Int>(Condition.whole.rawValue)
    private let isClosed = Atomic<Bool>(false)

    /// Listens on a free port, one thread a connection.
    public init(to target: UInt16) throws {
        self.target = target
        port = try FreePorts.one()
        listener = Loopback.socket()
        guard Loopback.with(port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            throw CannotListen(code: errno)
        }
        Thread.detachNewThread { [self] in accept() }
    }

    public var condition: Condition {
        get { Condition(rawValue: state.load(ordering: .relaxed)) ?? .whole }
        set { state.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Ends all of its threads.
    public func close() {
        if !isClosed.exchange(true, ordering: .relaxed) { shutdown(listener, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        defer { Glibc.close(listener) }
        while !isClosed.load(ordering: .relaxed) {
            let client = Glibc.accept(listener, nil, nil)
            if client >= 0 {
                Thread.detachNewThread { [self] in
                    pass(client)
                    Glibc.close(client)
                }
            } else if errno != EINTR && errno != ECONNABORTED {
                return
            }
        }
    }

    /// Copies both ways until either side closes or the link breaks.
    private func pass(_ client: Int32) {
        guard waitUntilNotSilent() else { return }
        let server = Loopback.socket()
        defer { Glibc.close(server) }
        guard Loopback.with(target, { connect(server, $0, $1) }) == 0 else { return }
        for descriptor in [client, server] { Loopback.sendAtOnce(descriptor) }
        var ends = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while waitUntilNotSilent() {
            guard poll(&ends, 2, 20) >= 0 || errno == EINTR else { return }
            for (from, to) in [(0, 1), (1, 0)] where ends[from].revents != 0 {
                let count = recv(ends[from].fd, buffer.baseAddress, buffer.count, 0)
                // What was received just before the link fell silent is on its way still.
                guard count > 0, waitUntilNotSilent(), Loopback.send(ends[to].fd, buffer.prefix(count)) else { return }
            }
        }
    }

    /// Returns whether the connection may go on.
    private func waitUntilNotSilent() -> Bool {
        while !isClosed.load(ordering: .relaxed) {
            switch condition {
            case .whole: return true
            case .broken: return false
            case .silent: usleep(5000)
            }
        }
        return false
    }
}

extension Loopback {
    static func sendAtOnce(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}
