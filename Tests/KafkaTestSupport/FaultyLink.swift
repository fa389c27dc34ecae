import Foundation
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
        port = try FreePorts.take(1)[0]
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

/// The few socket calls that are needed, on 127.0.0.1.
enum Loopback {
    static func socket() -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    static func with(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    static func sendAtOnce(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    static func send(_ descriptor: Int32, _ bytes: Slice<UnsafeMutableRawBufferPointer>) -> Bool {
        var rest = UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer(rebasing: bytes))
        while !rest.isEmpty {
            let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
        return true
    }
}
