/// Whether this instance may publish for its cell.
public enum Standing: Sendable, Equatable {
    /// It may.
    case leading
    /// Another may, or nobody yet.
    case following
}

/// Who may publish for a cell.
///
/// Alone, an instance leads; with a group, by being assigned the cell's journal partition. Called by the learner thread.
public protocol Leadership: AnyObject {
    /// Takes part in the election as soon as that robs nobody who leads well, and says how it stands. Called once a
    /// turn of the loop; returns at once.
    ///
    /// - Throws: `LeadershipLost` when it led and another does now, or may.
    func poll() throws -> Standing

    /// What a transaction needs to prove who sends it; for the commit thread.
    var proof: any LeadershipProof { get }

    /// Stores the group's offsets, for lag tools; does not wait for the answer.
    func storeOffsets(_ positions: [InputPartition: Int64]) throws

    /// The offsets that the group has stored, of these partitions; those without one are left out. Asked by who leads: so
    /// they are of commits that are done.
    func committedOffsets(of partitions: [InputPartition]) throws -> [InputPartition: Int64]

    /// Leaves, so that another may lead at once.
    func release()
}

/// An opaque token of the election that this instance won; goes into transactions.
public protocol Membership: AnyObject, Sendable {}

/// The answer of the election's coordinator.
public enum ProofAnswer: Sendable, Equatable {
    case leads
    /// Another leads, or this instance was taken off the group.
    case refused(String)
    /// It did not answer, or an election is under way: ask again.
    case unanswered
}

/// What the commit thread asks about leadership. Safe from any thread.
public protocol LeadershipProof: AnyObject, Sendable {
    /// That of the election in which this instance holds the cell; nil while an election is under way.
    var membership: (any Membership)? { get }

    /// Asks the coordinator in a way that only the current leader may: by storing the group's offset of the journal
    /// partition. Waits for the answer a while.
    func prove(journalPosition: Int64) -> ProofAnswer
}

/// Another instance leads now, so this one ends: its memory may be ahead of what was published.
public struct LeadershipLost: Error, Sendable, Equatable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String {
        "lost the lead: \(reason); this instance ends, and follows when it is started again"
    }
}

/// Leads alone, without asking anybody: for brokers without groups, where the lock of the state directory is all there
/// is.
public final class SoleLeadership: Leadership, LeadershipProof {
    private final class Token: Membership {}
    private let token = Token()

    public init() {}

    public func poll() -> Standing { .leading }
    public var proof: any LeadershipProof { self }
    public func storeOffsets(_ positions: [InputPartition: Int64]) {}
    public func committedOffsets(of partitions: [InputPartition]) -> [InputPartition: Int64] { [:] }
    public func release() {}

    public var membership: (any Membership)? { token }
    public func prove(journalPosition: Int64) -> ProofAnswer { .leads }
}
