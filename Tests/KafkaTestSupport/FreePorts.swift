import Foundation
import Kafka
import Synchronization

/// Ports of this machine that nobody listens on, below those that the kernel gives to outgoing connections. A port is
/// given out once in a process: suites that run side by side get different ones.
public enum FreePorts {
    struct NoneFound: Error {}

    private static let given = Mutex<Set<UInt16>>([])

    public static func one() throws -> UInt16 { try take(1)[0] }

    public static func take(_ count: Int) throws -> [UInt16] {
        var ports: [UInt16] = []
        for _ in 0..<1000 where ports.count < count {
            let port = UInt16.random(in: 20_000..<32_000)
            let descriptor = Loopback.socket()
            defer { Glibc.close(descriptor) }
            guard Loopback.with(port, { bind(descriptor, $0, $1) }) == 0 else { continue }
            if given.withLock({ $0.insert(port).inserted }) { ports.append(port) }
        }
        guard ports.count == count else { throw NoneFound() }
        return ports
    }
}
