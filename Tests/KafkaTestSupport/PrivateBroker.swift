import Foundation
import Kafka

/// An Apache Kafka of a suite's own, to be stopped, killed and paused. It ends with this object, or with the process
/// however that ends.
///
/// Links in front of it have addresses of their own: clients that begin at `linkedAddress` are told to stay behind that
/// link, those at `address` go straight to the broker.
public final class PrivateBroker {
    public let address: String
    /// What lies between the broker and clients of each `linkedAddress`.
    public let links: [FaultyLink]
    private let home: String
    private let name: String
    private let arguments: [String]

    public func linkedAddress(_ number: Int) -> String { "127.0.0.1:\(links[number].port)" }

    /// Starts a broker on a temporary folder.
    public init(home: String, links linkCount: Int = 0) throws {
        self.home = home
        name = "private-\(UInt64.random(in: 0 ... .max))"
        let ports = try FreePorts.take(2 + linkCount)
        // The script writes the controller's port down when it chooses it, and keeps the one it finds.
        let data = ApacheKafka.directory(name).appendingPathComponent("data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        try Data("\(ports[1])\n".utf8).write(to: data.appendingPathComponent("controller"))
        links = try ports.dropFirst(2).map { try FaultyLink(to: $0) }
        var listeners = "PLAINTEXT://127.0.0.1:\(ports[0]),CONTROLLER://127.0.0.1:\(ports[1])"
        var advertised = "PLAINTEXT://127.0.0.1:\(ports[0])"
        var protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
        for (number, link) in links.enumerated() {
            listeners += ",LINK\(number)://127.0.0.1:\(ports[2 + number])"
            advertised += ",LINK\(number)://127.0.0.1:\(link.port)"
            protocols += ",LINK\(number):PLAINTEXT"
        }
        arguments = [
            "--heap", "384m", "--port", String(ports[0]), "--set", "listeners=\(listeners)",
            "--set", "advertised.listeners=\(advertised)", "--set", "listener.security.protocol.map=\(protocols)",
        ]
        address = try ApacheKafka.start(home: home, name: name, arguments: arguments)
    }

    deinit {
        resume()
        try? ApacheKafka.run("kill", home: home, name: name)
        for link in links { link.close() }
        try? FileManager.default.removeItem(at: ApacheKafka.directory(name))
    }

    /// A clean shutdown.
    public func stop() throws { try ApacheKafka.run("stop", home: home, name: name) }

    /// Ends it as kill -9 does; its data stays.
    public func kill() throws { try ApacheKafka.run("kill", home: home, name: name) }

    /// Starts it again, with its data and at its address.
    public func start() throws { _ = try ApacheKafka.start(home: home, name: name, arguments: arguments) }

    public var log: BrokerLog { BrokerLog(data: ApacheKafka.directory(name).appendingPathComponent("data")) }

    /// Holds the broker's process: connections stay open, nobody answers.
    public func pause() { signal(SIGSTOP) }
    public func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        let file = ApacheKafka.directory(name).appendingPathComponent("data/pid")
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return }
        Foundation.kill(process, number)
    }
}

/// What a private broker wrote since it was first started.
public struct BrokerLog: Sendable {
    let data: URL

    /// Whether it dropped the end of a transaction that it had decided, so that readers of what is committed wait there for
    /// ever. Kafka 4.3 takes a partition that has no leader for deleted when it is to write a transaction's markers, and
    /// the only broker has no leader for any partition while it stops or registers again.
    public var tellsOfDroppedMarkers: Bool {
        ["log.earlier", "log"].contains { name in
            let text = try? String(contentsOf: data.appendingPathComponent(name), encoding: .utf8)
            return text?.contains("Couldn't find leader endpoint for partitions") ?? false
        }
    }
}
