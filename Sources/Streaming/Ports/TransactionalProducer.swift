import Events

/// The transactional calls of one producer, as Kafka has them: each blocks until it is answered.
///
/// Owned by the commit thread.
public protocol TransactionalProducer: AnyObject {
    /// Makes a producer of the cell's transactional id: fences whoever had it before and ends his open transaction.
    /// Called again it starts afresh.
    func reset() throws(TransactionFailure)

    func begin() throws(TransactionFailure)

    /// Puts the lists, dead letters and the journal record of a commit into the transaction.
    func produce(_ commit: SealedCommit) throws(TransactionFailure)

    /// Adds the group's offsets: the inputs' of the commit, and always `journalPosition` for the journal partition,
    /// because without offsets a transaction escapes the fence of the generation.
    func sendOffsets(
        of commit: SealedCommit, journalPosition: Int64, _ membership: any Membership
    ) throws(TransactionFailure)

    /// Commits, and returns the offset at which the journal record stands.
    func commit() throws(TransactionFailure) -> Int64

    func abort() throws(TransactionFailure)

    /// Gives the client up without waiting for what is under way.
    func close()
}

/// Why a transactional call failed, and what may be done then.
public struct TransactionFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// Nothing is lost: the same call may succeed later. Time-outs and disconnects are of this kind.
        case retriable
        /// The transaction must be given up; the producer can go on.
        case abortable
        /// This producer can't go on: it was fenced, or its state is unknown.
        case fatal
    }

    public var kind: Kind
    /// A sentence without a full stop.
    public var reason: String

    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    public var description: String { reason }
}
