import Events
import Streaming

final class SimulatedMembership: Membership {
    let place: Int
    let process: Int
    let generation: Int

    init(place: Int, process: Int, generation: Int) {
        self.place = place
        self.process = process
        self.generation = generation
    }
}

/// The election as `GroupLeadership` holds it: who follows stays out of the group while anybody else is in it.
final class SimulatedElection: Leadership, LeadershipProof, @unchecked Sendable {
    private enum Stage {
        case watching
        case joined
        case leading
        case electing
        case orphaned
    }

    private let cluster: SimulatedCluster
    private let fibers: Fibers
    private let place: Int
    private let process: Int
    private var stage = Stage.watching
    private var held: SimulatedMembership?

    init(_ cluster: SimulatedCluster, place: Int, process: Int) {
        self.cluster = cluster
        fibers = cluster.fibers
        self.place = place
        self.process = process
    }

    func poll() throws -> Standing {
        try fibers.yield()
        let isAlone = cluster.members.keys.allSatisfy { $0 == place }
        switch stage {
        case .watching:
            guard isAlone else { break }
            // Others may join between the look and the join.
            try fibers.yield()
            cluster.join(place: place, process: process)
            stage = .joined
        case .joined, .electing:
            cluster.electIfDue()
            if cluster.members[place] != process { try orphan() } else { try heed() }
        case .leading:
            if cluster.members[place] != process {
                try orphan()
            } else if held?.generation != cluster.generation {
                held = nil
                stage = .electing
            }
        case .orphaned:
            if !isAlone { throw LeadershipLost(reason: "somebody else joined") }
            try fibers.yield()
            cluster.join(place: place, process: process)
            stage = .electing
        }
        return stage == .leading ? .leading : .following
    }

    private func orphan() throws {
        held = nil
        stage = stage == .joined ? .watching : .orphaned
    }

    private func heed() throws {
        if cluster.elected == place {
            held = SimulatedMembership(place: place, process: process, generation: cluster.generation)
            stage = .leading
        } else if stage == .electing {
            throw LeadershipLost(reason: "another was elected")
        }
    }

    var proof: any LeadershipProof { self }
    func storeOffsets(_ positions: [InputPartition: Int64]) {
        if stage == .leading, let held { cluster.storeOffsets(positions, held) }
    }

    func committedOffsets(of partitions: [InputPartition]) throws -> [InputPartition: Int64] {
        try fibers.yield()
        return cluster.stableGroupOffsets()
    }

    func release() {
        held = nil
        cluster.leave(place: place, process: process)
        stage = .watching
    }

    // MARK: For the commit thread

    var membership: (any Membership)? { held }

    func prove(journalPosition: Int64) -> ProofAnswer {
        guard fibers.mayGoOn(), let held, !fibers.happens(oneIn: cluster.faultRate),
            cluster.members[place] == process, held.generation == cluster.generation
        else { return .unanswered }
        // The answer may be old when it is read.
        guard fibers.mayGoOn() else { return .unanswered }
        return .leads
    }
}
