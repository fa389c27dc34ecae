import Events
import Streaming

/// The broker's side of transactions and groups, by Kafka's rules: one producer epoch, one open transaction, one group.
final class SimulatedCluster: @unchecked Sendable {
    enum Fate {
        case open
        case committed
        case aborted
    }

    final class Transaction {
        let producerEpoch: Int
        var fate = Fate.open
        var offsets: [InputPartition: Int64] = [:]

        init(producerEpoch: Int) { self.producerEpoch = producerEpoch }
    }

    struct Output {
        var kind: OutputKind
        var key: [UInt8]
        var value: [UInt8]?
        var headers: [RecordHeader]
        var transaction: Transaction
    }

    struct JournalEntry {
        /// Nil: the marker at a transaction's end.
        var bytes: [UInt8]?
        var transaction: Transaction
    }

    let fibers: Fibers
    let inputs: ModelBroker
    private(set) var outputs: [Output] = []
    private(set) var journal: [JournalEntry] = []
    private(set) var groupOffsets: [InputPartition: Int64] = [:]

    private var producerEpoch = 0
    private var open: Transaction?
    /// What the newest transaction of this producer epoch came to.
    private var newest: Transaction?

    /// Who is in the group: a process by its place, because a static member's restart replaces it.
    private(set) var members: [Int: Int] = [:]
    private(set) var generation = 0
    private(set) var elected: Int?

    /// One in so many calls fails; 0 = none does.
    var faultRate = 0

    init(_ fibers: Fibers, inputs: ModelBroker) {
        self.fibers = fibers
        self.inputs = inputs
    }

    // MARK: Transactions

    enum Refusal: Error {
        case fenced
        case invalidState
        case illegalGeneration
    }

    func initializeProducer() -> Int {
        end(.aborted)
        producerEpoch += 1
        newest = nil
        return producerEpoch
    }

    /// As the coordinator does with a transaction that takes too long.
    func timeOutTransaction() {
        if open == nil { return }
        end(.aborted)
        producerEpoch += 1
        newest = nil
    }

    func append(_ output: (Transaction) -> Output, epoch: Int) throws(Refusal) {
        outputs.append(output(try transaction(epoch)))
    }

    /// Returns the record's offset.
    func append(journalRecord: [UInt8], epoch: Int) throws(Refusal) -> Int64 {
        journal.append(JournalEntry(bytes: journalRecord, transaction: try transaction(epoch)))
        return Int64(journal.count) - 1
    }

    func sendOffsets(_ offsets: [InputPartition: Int64], epoch: Int, _ membership: SimulatedMembership) throws(Refusal)
    {
        if epoch != producerEpoch { throw .fenced }
        guard members[membership.place] == membership.process, generation == membership.generation else {
            throw .illegalGeneration
        }
        try transaction(epoch).offsets = offsets
    }

    func commit(epoch: Int) throws(Refusal) { try end(.committed, epoch) }
    func abort(epoch: Int) throws(Refusal) { try end(.aborted, epoch) }

    private func transaction(_ epoch: Int) throws(Refusal) -> Transaction {
        if epoch != producerEpoch { throw .fenced }
        if let open { return open }
        let transaction = Transaction(producerEpoch: epoch)
        open = transaction
        newest = transaction
        return transaction
    }

    private func end(_ fate: Fate, _ epoch: Int) throws(Refusal) {
        if epoch != producerEpoch { throw .fenced }
        if open != nil { return end(fate) }
        // A request that is repeated because its answer was lost.
        if newest?.fate != fate { throw .invalidState }
    }

    private func end(_ fate: Fate) {
        guard let transaction = open else { return }
        open = nil
        transaction.fate = fate
        if journal.contains(where: { $0.transaction === transaction }) {
            journal.append(JournalEntry(bytes: nil, transaction: transaction))
        }
        if fate == .committed { groupOffsets.merge(transaction.offsets) { $1 } }
    }

    /// Up to where a read_committed consumer gets.
    var stableEnd: Int { journal.firstIndex { $0.transaction.fate == .open } ?? journal.count }

    func committedRecord(at offset: Int) -> [UInt8]? {
        let entry = journal[offset]
        return entry.transaction.fate == .committed ? entry.bytes : nil
    }

    // MARK: The group

    func join(place: Int, process: Int) {
        members[place] = process
        rebalance()
    }

    func leave(place: Int, process: Int) {
        guard members[place] == process else { return }
        members[place] = nil
        rebalance()
    }

    /// A new generation; whoever asks first is told who was elected.
    func rebalance() {
        generation += 1
        elected = nil
    }

    func electIfDue() {
        if elected != nil || members.isEmpty { return }
        let places = members.keys.sorted()
        elected = places[fibers.draw(places.count)]
    }
}
