import CRdKafka
import Streaming

/// Leads by the consumer group: whoever is assigned the cell's journal partition.
///
/// A static member, so that a restart takes its place back at once. An instance that is started while another leads does not
/// join: an assignor might give it the partition and rob the leader, whose memory is ahead. It watches the group and joins
/// when nobody else is in it.
///
///     watching ──nobody else──▶ joined ──assigned──▶ leading ──revoked──▶ electing ──assigned──▶ leading
///         ▲                       │                    │                     └──not assigned──▶ LeadershipLost
///         │                     fenced       session lost, fenced
///         │                       ▼                    ▼
///         └──has not led yet── orphaned ◀──────────────┘
///                                 ├──led, and nobody else is there──▶ electing
///                                 └──somebody is there──▶ LeadershipLost
///
/// A member is fenced when a later one took its instance id. That may be this process itself: when the broker goes away with
/// the answer to a join, librdkafka joins again beside it. So the group is looked at, where members show by their client id
/// which process they are of.
public final class GroupLeadership: Leadership {
    private enum Stage {
        case watching
        case joined
        case leading
        /// It led, and an election is under way.
        case electing
        /// Its session or its member is over; others may lead.
        case orphaned
    }

    private let configuration: KafkaConfiguration
    private let topics: KafkaTopics
    private let instanceID: String
    private let clientID: String
    private let partition: Int32
    private let watch: GroupWatch
    private let groupProof: GroupProof
    private var member: GroupMember
    private var signal: WakeSignal?
    private var stage = Stage.watching
    private var hasLed = false
    /// Lines worth a log.
    public var notice: (String) -> Void = { _ in }

    /// - Parameters:
    ///   - instanceID: the same after a restart; no other instance has it.
    ///   - partition: the journal partition of the cell.
    public init(
        _ configuration: KafkaConfiguration, topics: KafkaTopics, instanceID: String, partition: Int32 = 0
    ) throws {
        self.configuration = configuration
        self.topics = topics
        self.instanceID = instanceID
        self.partition = partition
        let process = String(UInt64.random(in: 0 ... .max), radix: 16)
        clientID = "\(configuration.properties["client.id"] ?? "marquee")-\(process)"
        member = try GroupMember(configuration, topics: topics, instanceID: instanceID, clientID: clientID)
        watch = try GroupWatch(configuration, groupID: topics.applicationID)
        groupProof = GroupProof(member.client, journal: topics.journal, partition: partition)
    }

    /// From now on an election raises the signal, so that the loop sleeps in one place.
    public func signal(_ signal: WakeSignal) {
        self.signal = signal
        member.signal(signal)
    }

    public var proof: any LeadershipProof { groupProof }

    public func poll() throws -> Standing {
        switch stage {
        case .watching:
            // Who has this instance id is a process that is dead.
            if let members = watch.members(), members.allSatisfy(hasThisInstanceID) {
                try member.join()
                stage = .joined
            }
        case .joined, .leading, .electing: try serve()
        case .orphaned:
            if !member.isFenced { try serve() }
            if let members = watch.members() { try rejoin(members) }
        }
        return stage == .leading ? .leading : .following
    }

    public func storeOffsets(_ positions: [InputPartition: Int64]) throws {
        if positions.isEmpty || stage != .leading { return }
        try member.client.storeOffsets(positions, topics)
    }

    public func committedOffsets(of partitions: [InputPartition]) throws -> [InputPartition: Int64] {
        if partitions.isEmpty { return [:] }
        let client = member.client
        let operation = "read the offsets of group '\(topics.applicationID)'"
        let list = PartitionList(capacity: partitions.count)
        for id in partitions { list.add(topics.name(of: id.topic), id.partition, offset: -1) }
        let code = rd_kafka_committed(client.handle, list.handle, 10_000)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(code, operation) }
        var result: [InputPartition: Int64] = [:]
        for (index, id) in partitions.enumerated() {
            let answer = list.handle.pointee.elems[index]
            guard answer.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw client.error(answer.err, operation) }
            if answer.offset >= 0 { result[id] = answer.offset }
        }
        return result
    }

    public func release() {
        groupProof.hold(nil)
        watch.close()
        if stage == .watching || member.isFenced { member.client.close() } else { member.leave() }
    }

    private func serve() throws {
        for rebalance in member.poll() {
            if rebalance.isAssignment { try assigned(rebalance) } else { try revoked(rebalance) }
        }
        if member.isFenced && stage != .orphaned { orphaned() }
    }

    private func assigned(_ rebalance: KafkaRebalance) throws {
        let membership = try member.accept(rebalance)
        if rebalance.partitions.contains(partition) {
            groupProof.hold(membership)
            stage = .leading
            hasLed = true
        } else if stage == .leading || stage == .electing {
            throw LeadershipLost(reason: "another instance was elected")
        }
    }

    private func revoked(_ rebalance: KafkaRebalance) throws {
        groupProof.hold(nil)
        if stage == .leading || stage == .electing {
            if rebalance.isLost { return orphaned() }
            stage = .electing
        }
        try member.unassign()
    }

    /// Joining again might take the lead from whoever has it now, so first it looks who is there.
    private func orphaned() {
        groupProof.hold(nil)
        stage = .orphaned
        watch.forget()
    }

    /// When nobody else came in its place, as far as the group knows, it stands for election again.
    private func rejoin(_ members: [KnownMember]) throws {
        let others = members.filter { $0.clientID != clientID }
        if others.contains(where: hasThisInstanceID) {
            throw LeadershipLost(reason: "another process of this host and state directory joined the group")
        }
        guard hasLed else {
            try replaceMember()
            stage = .watching
            return
        }
        if !others.isEmpty { throw LeadershipLost(reason: "its session is over, and another instance joined") }
        notice("its session is over and nobody else leads: joining the group again")
        if member.isFenced {
            try replaceMember()
            try member.join()
        } else {
            try member.unassign()
        }
        stage = .electing
    }

    /// The coordinator makes a static member's id of its instance id, a hyphen and something random.
    private func hasThisInstanceID(_ member: KnownMember) -> Bool { member.id.hasPrefix(instanceID + "-") }

    private func replaceMember() throws {
        member = try GroupMember(configuration, topics: topics, instanceID: instanceID, clientID: clientID)
        if let signal { member.signal(signal) }
        groupProof.replace(with: member.client)
    }
}
