import Foundation
import Kafka
import Synchronization

extension EmbeddedBroker {
    /// Creates topics, quickly.
    ///
    /// A request to the broker's thread is now and then overlooked until that thread wakes up by itself, up to a
    /// second later. A connection wakes it, so somebody knocks until all topics are there.
    func createTopics(_ topics: [NewKafkaTopic]) throws {
        let knocker = Knocker(address: bootstrapServers)
        defer { knocker.stop() }
        for topic in topics { try createTopic(topic.name, partitions: topic.partitions) }
    }
}

/// Opens a connection to a port of this machine every few milliseconds.
private final class Knocker: Sendable {
    private static let intervalMicroseconds: UInt32 = 3000
    private let port: UInt16
    private let isStopped = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(address: String) {
        port = address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        Thread.detachNewThread { [self] in
            while !isStopped.load(ordering: .relaxed) {
                usleep(Self.intervalMicroseconds)
                knock()
            }
            ended.signal()
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        ended.wait()
    }

    private func knock() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
