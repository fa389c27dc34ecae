import Events
import Streaming

/// The broker's side of transactions and groups, by Kafka's rules: of each transactional id one producer epoch and one open
/// transaction; one group. A commit that is answered stands, and its markers come later.
final class SimulatedCluster: @unchecked Sendable {
    enum Fate {
        case open
        /// Decided, and not yet to be seen.
        case prepared
        case committed
        case aborted
    }

    final class Transaction {
        var fate = Fate.open
        var offsets: [InputPartition: Int64] = [:]
        /// When the offsets were appended: older ones never replace newer ones.
        var offsetsNumber = 0
    }

    /// The coordinator's view of a transactional id.
    private struct Producer {
        var epoch = 0
        /// Open, or prepared.
        var current: Transaction?
        /// What the newest transaction of this epoch came to.
        var newest: Transaction?
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

    private var producers = [Producer(), Producer()]
    private var offsetsNumber = 0
    private var groupOffsetsNumber = 0

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

    /// Returns the epoch.
    func initializeProducer(_ id: Int) -> Int {
        complete(id)
        end(.aborted, id)
        producers[id].epoch += 1
        producers[id].newest = nil
        return producers[id].epoch
    }

    /// As the coordinator does with transactions that take too long.
    func timeOutTransactions() {
        for id in producers.indices where producers[id].current?.fate == .open { _ = initializeProducer(id) }
    }

    /// Lets some of the markers be written that wait for it.
    func writeMarkers() {
        for id in producers.indices where fibers.happens(oneIn: 20) { complete(id) }
    }

    func append(_ output: (Transaction) -> Output, _ id: Int, epoch: Int) throws(Refusal) {
        outputs.append(output(try transaction(id, epoch)))
    }

    /// Returns the record's offset.
    func append(journalRecord: [UInt8], _ id: Int, epoch: Int) throws(Refusal) -> Int64 {
        journal.append(JournalEntry(bytes: journalRecord, transaction: try transaction(id, epoch)))
        return Int64(journal.count) - 1
    }

    func sendOffsets(
        _ offsets: [InputPartition: Int64], _ id: Int, epoch: Int, _ membership: SimulatedMembership
    ) throws(Refusal) {
        if epoch != producers[id].epoch { throw .fenced }
        guard isCurrent(membership) else { throw .illegalGeneration }
        let transaction = try transaction(id, epoch)
        transaction.offsets = offsets
        offsetsNumber += 1
        transaction.offsetsNumber = offsetsNumber
    }

    /// Without a transaction; who asks does not hear of a refusal.
    func storeOffsets(_ offsets: [InputPartition: Int64], _ membership: SimulatedMembership) {
        guard isCurrent(membership) else { return }
        offsetsNumber += 1
        groupOffsetsNumber = offsetsNumber
        groupOffsets.merge(offsets) { $1 }
    }

    private func isCurrent(_ membership: SimulatedMembership) -> Bool {
        members[membership.place] == membership.process && generation == membership.generation
    }

    func commit(_ id: Int, epoch: Int) throws(Refusal) { try end(.prepared, id, epoch) }
    func abort(_ id: Int, epoch: Int) throws(Refusal) { try end(.aborted, id, epoch) }

    private func transaction(_ id: Int, _ epoch: Int) throws(Refusal) -> Transaction {
        if epoch != producers[id].epoch { throw .fenced }
        // librdkafka waits while the one before is being marked.
        complete(id)
        if let open = producers[id].current { return open }
        let transaction = Transaction()
        producers[id].current = transaction
        producers[id].newest = transaction
        return transaction
    }

    private func end(_ fate: Fate, _ id: Int, _ epoch: Int) throws(Refusal) {
        if epoch != producers[id].epoch { throw .fenced }
        if producers[id].current?.fate == .open { return end(fate, id) }
        // A request that is repeated because its answer was lost.
        let isCommitted = producers[id].newest.map { $0.fate == .committed || $0.fate == .prepared }
        if isCommitted != (fate == .prepared) { throw .invalidState }
    }

    private func end(_ fate: Fate, _ id: Int) {
        guard let transaction = producers[id].current, transaction.fate == .open else { return }
        transaction.fate = fate
        if fate == .aborted { mark(transaction, id) }
    }

    private func complete(_ id: Int) {
        guard let transaction = producers[id].current, transaction.fate == .prepared else { return }
        transaction.fate = .committed
        mark(transaction, id)
        if transaction.offsetsNumber > groupOffsetsNumber {
            groupOffsetsNumber = transaction.offsetsNumber
            groupOffsets.merge(transaction.offsets) { $1 }
        }
    }

    private func mark(_ transaction: Transaction, _ id: Int) {
        producers[id].current = nil
        if journal.contains(where: { $0.transaction === transaction }) {
            journal.append(JournalEntry(bytes: nil, transaction: transaction))
        }
    }

    /// What the group has stored; who asks waits for what is decided.
    func stableGroupOffsets() -> [InputPartition: Int64] {
        for id in producers.indices { complete(id) }
        return groupOffsets
    }

    /// Up to where a read_committed consumer gets.
    var stableEnd: Int {
        journal.firstIndex { $0.transaction.fate == .open || $0.transaction.fate == .prepared } ?? journal.count
    }

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
