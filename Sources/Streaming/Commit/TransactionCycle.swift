/// The life of one commit as a Kafka transaction, exactly once.
///
///              ┌───────┐     ┌─────────┐     ┌────────────────┐     ┌────────────┐
///     start ──▶│ begin │─ok─▶│ produce │─ok─▶│  send offsets  │─ok─▶│   commit   │─ok──▶ committed
///              └───────┘     └─────────┘     └────────────────┘     └────────────┘
///               ▲     ▲           │ retriable,       │ abortable          │ abortable: whether it was
///               │     │           │ abortable        │                    │ done is not known
///               │     │           ▼                  │                    ▼
///               │     │       ┌───────┐              │            as fatal, in every state
///               │     │       │ abort │◀─────────────┘
///               │     │       └───────┘                      retriable, in every other state:
///               │   leads         │ ok                       the same call again
///               │  ┌──────────────┴─┐
///               └──│ prove (begin)  │─refused──▶ lost
///               │  └────────────────┘
///               │  ┌────────────────┐ leads  ┌───────┐ ok  ┌──────────────┐─ mine ───────▶ committed
///     fatal ────┼─▶│ prove (reset)  │───────▶│ reset │────▶│ read journal │
///               │  └────────────────┘        └───────┘     └──────────────┘─ another's ──▶ lost
///               │    │ refused ▲ any failure     │               │ the one before
///               │    ▼ lost    └─────────────────┘               │
///               └────────────────────────────────────────────────┘
///
/// Offsets are sent where the group's are due, and after any trouble: they hold the generation, so that the coordinator
/// refuses them from who lost the lead. Else `produce` is followed by `commit`.
///
/// A call whose outcome is not known ends its producer, and the journal is read before the same bytes are sent again.
/// Before anything that fences others, every time, leadership is proven. A value: it says what is to be done next,
/// and `TransactionRunner` does it.
public struct TransactionCycle: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        case begin
        case produce
        case sendOffsets
        case commit
        case abort
        /// Ask the coordinator whether this instance leads; `thenReset` tells what comes after a yes.
        case prove(thenReset: Bool)
        /// Make the producer anew.
        case reset
        case readJournal
        case end(Ending)
    }

    public enum Ending: Sendable, Equatable {
        case committed(journalOffset: Int64)
        /// Another leads; nothing more may be sent.
        case lost(String)
    }

    /// What became of a call of the producer.
    public enum Outcome: Sendable, Equatable {
        case succeeded
        case committed(journalOffset: Int64)
        case failed(TransactionFailure.Kind)
    }

    /// How the journal ends after trouble.
    public enum JournalEnd: Sendable, Equatable {
        /// With this commit, at this offset.
        case mine(journalOffset: Int64)
        /// With the commit before.
        case before
        /// With something else.
        case another(String)
    }

    /// An answer that does not belong to the step at hand.
    public struct Violation: Error, Equatable {
        public var step: Step
    }

    public private(set) var next: Step = .begin
    /// Something is to be done again, so a moment should pass.
    public private(set) var isRetry = false
    /// How often trouble had to be resolved by proving leadership.
    public private(set) var troubleCount = 0

    private let storesOffsets: Bool
    /// Whether the transaction under way holds the generation.
    public private(set) var hasStoredOffsets = false

    /// - Parameter storesOffsets: whether the group's offsets are due.
    public init(storesOffsets: Bool = true) { self.storesOffsets = storesOffsets }

    /// What became of the call that `next` asked for.
    public mutating func apply(_ outcome: Outcome) throws(Violation) {
        isRetry = false
        switch (next, outcome) {
        case (.begin, .succeeded): next = .produce
        case (.produce, .succeeded): next = storesOffsets || troubleCount > 0 ? .sendOffsets : .commit
        case (.sendOffsets, .succeeded):
            next = .commit
            hasStoredOffsets = true
        case (.commit, .committed(let offset)): next = .end(.committed(journalOffset: offset))
        case (.abort, .succeeded):
            prove(thenReset: false)
            isRetry = true
        case (.reset, .succeeded): next = .readJournal

        case (.begin, .failed(.retriable)), (.sendOffsets, .failed(.retriable)), (.commit, .failed(.retriable)),
            (.abort, .failed(.retriable)):
            isRetry = true
        // Records are half in the transaction: only giving it up is clean.
        case (.produce, .failed(.retriable)): next = .abort

        case (.produce, .failed(.abortable)), (.sendOffsets, .failed(.abortable)): next = .abort
        // Nothing is open yet, or giving up failed: the producer is in doubt. A commit that "requires abort" may have been
        // done all the same, when it is the answer to a repeated request.
        case (.begin, .failed(.abortable)), (.abort, .failed(.abortable)), (.commit, .failed(.abortable)):
            prove(thenReset: true)

        case (.begin, .failed(.fatal)), (.produce, .failed(.fatal)), (.sendOffsets, .failed(.fatal)),
            (.commit, .failed(.fatal)), (.abort, .failed(.fatal)):
            prove(thenReset: true)
        // Perhaps fenced while it was being made: another took the lead, which the coordinator then says too.
        case (.reset, .failed):
            prove(thenReset: true)
            isRetry = true

        case (.begin, .committed), (.produce, .committed), (.sendOffsets, .committed), (.abort, .committed),
            (.reset, .committed), (.commit, .succeeded), (.prove, _), (.readJournal, _), (.end, _):
            throw Violation(step: next)
        }
    }

    /// What the coordinator said of leadership.
    public mutating func apply(_ answer: ProofAnswer) throws(Violation) {
        guard case .prove(let thenReset) = next else { throw Violation(step: next) }
        isRetry = false
        switch answer {
        case .leads: next = thenReset ? .reset : .begin
        case .refused(let reason): next = .end(.lost(reason))
        case .unanswered: isRetry = true
        }
    }

    /// How the journal ends; nil when it could not be read.
    public mutating func apply(_ end: JournalEnd?) throws(Violation) {
        guard next == .readJournal else { throw Violation(step: next) }
        isRetry = false
        switch end {
        case .mine(let offset): next = .end(.committed(journalOffset: offset))
        case .before:
            next = .begin
            isRetry = true
        case .another(let reason): next = .end(.lost(reason))
        case nil: isRetry = true
        }
    }

    private mutating func prove(thenReset: Bool) {
        troubleCount += 1
        // What is sent from here on is another transaction; and one that turns out to stand was an earlier producer's.
        hasStoredOffsets = false
        next = .prove(thenReset: thenReset)
    }
}
