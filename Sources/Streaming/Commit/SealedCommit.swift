import Events

/// Everything that one commit publishes, encoded: what a transaction is made of, and made of again after trouble.
///
/// Handed from the learner thread to the commit thread and back; one of them owns it at a time.
public final class SealedCommit: @unchecked Sendable {
    // Unchecked because ownership passes through a lock of `TransactionalSink`, which the compiler can't see.

    public internal(set) var epoch: Int64 = 0
    /// Lists and dead letters.
    public let outputs = OutputChunk()
    public let journalRecord = ByteBuffer(capacity: 1 << 14)
    /// The next offsets after this commit, of the input partitions that moved since the group's were stored.
    public internal(set) var inputs: [InputPartition: Int64] = [:]
    /// Whether its transaction stores them; after trouble it does in any case.
    public internal(set) var storesOffsets = true

    public init() {}

    func removeAll() {
        outputs.removeAll()
        journalRecord.removeAll()
        inputs.removeAll(keepingCapacity: true)
    }

    /// Appends a copy of a chunk's records.
    func append(_ chunk: OutputChunk) {
        let shift = outputs.bytes.count
        let headerShift = outputs.headers.count
        outputs.bytes.append(chunk.bytes.bytes)
        outputs.headers.append(contentsOf: chunk.headers)
        for record in chunk.records {
            var moved = record
            moved.keyStart += shift
            moved.valueStart += shift
            if record.headers >= 0 { moved.headers += headerShift }
            outputs.records.append(moved)
        }
    }

    /// The chain with which the journal record ends.
    var chain: Chain { Chain(endOf: journalRecord.bytes) }
}
