import Foundation
import ProcessTestSupport
import Testing

/// One of two instances of an application, started again whenever it ends, as a supervisor does.
final class Instance {
    let deployment: Deployment
    let servers: String
    private(set) var process: ChildProcess
    private let folder: TemporaryFolder

    var state: String { folder.path }

    init(_ deployment: Deployment, servers: String) throws {
        self.deployment = deployment
        self.servers = servers
        folder = try TemporaryFolder()
        process = try deployment.startService(state: folder.path, servers: servers)
    }

    /// Starts it again, after it has ended.
    func startAgain() throws { process = try deployment.startService(state: folder.path, servers: servers) }

    /// Whether it has said that it leads.
    var leads: Bool { process.isRunning && process.errors.contains("serving '") }

    /// Whether it has caught up, and only waits for the lead.
    var follows: Bool { process.isRunning && !leads && process.errors.contains("restored epoch") }
}

/// Two instances, of which one leads and the other follows.
struct Pair {
    var first: Instance
    var second: Instance

    /// As a supervisor does; returns what they said.
    @discardableResult
    func startThoseThatEnded() throws -> [String] {
        try [first, second].filter { !$0.process.isRunning }.map { instance in
            let said = instance.process.errors
            try instance.startAgain()
            return said
        }
    }

    /// Waits until one leads and the other has caught up, starting those again that end: one that joins may take the
    /// lead at once, and the one that led then ends. Returns leader and follower.
    func settle(seconds: Double = 30, _ location: SourceLocation = #_sourceLocation) throws -> (Instance, Instance) {
        var found: (Instance, Instance)?
        var endings: [String] = []
        let isSettled = try eventually(seconds: seconds) {
            endings += try startThoseThatEnded()
            if first.leads && second.follows { found = (first, second) }
            if second.leads && first.follows { found = (second, first) }
            return found != nil
        }
        try #require(
            isSettled,
            """
            no leader with a follower after \(seconds) s; the first said: \(first.process.errors)
            the second: \(second.process.errors); before: \(endings)
            """, sourceLocation: location)
        return try #require(found, sourceLocation: location)
    }

    /// Ends the storm and, when all is answered, both instances, and judges what they leave.
    func conclude(_ storm: Storm, _ watch: ListWatch, _ name: String) throws {
        let (leader, follower) = try settle()
        let deployment = leader.deployment
        let sent = try storm.stop()
        try deployment.settle(sent, watch)
        // The follower first, so that it does not take over once more.
        deployment.stop(follower.process)
        deployment.stop(leader.process)
        try deployment.judge(sent, state: leader.state, name)
    }
}
