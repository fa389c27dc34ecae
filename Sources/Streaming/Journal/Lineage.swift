import Events

/// What a lineage begins with: a stretch of the journal that is learnt with the same numerics and settings, and can be
/// replayed bit by bit.
public struct Lineage: Sendable, Equatable {
    /// The state that a lineage begins with.
    public enum Origin: UInt8, Sendable {
        /// None: the first start, or a rebuild. Sequences and last lists stay, and who was forgotten.
        case empty = 0
        /// The state goes on as it is, but a replay of what was before would not give it bit by bit.
        case continued = 1
    }

    public var origin: Origin
    /// Of the model.
    public var numericsVersion: Int
    /// Of the model.
    public var settings: String
    /// Why it begins, for people.
    public var reason: String
    /// Where a continued lineage reads on. Of an empty one, up to where the log was processed before: so far it is learnt
    /// without lists and dead letters, which are out.
    public var inputs: [InputPartition: Int64]

    public init(
        origin: Origin, numericsVersion: Int, settings: String, reason: String, inputs: [InputPartition: Int64] = [:]
    ) {
        self.origin = origin
        self.numericsVersion = numericsVersion
        self.settings = settings
        self.reason = reason
        self.inputs = inputs
    }
}
