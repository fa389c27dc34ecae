import Streaming
import Synchronization

/// A compacted topic in memory.
final class ModelCheckpointLog: CheckpointLog {
    struct Record {
        var offset: Int64
        var key: CheckpointKey
        var value: [UInt8]?
    }

    struct Died: Error {}

    private struct State {
        var records: [Record] = []
        var end: Int64 = 0
        var unflushed = 0
        var appendsLeft = Int.max
        var readCount = 0
    }

    private let state = Mutex(State())

    var records: [Record] { state.withLock { $0.records } }
    /// How often all of it was read.
    var readCount: Int { state.withLock { $0.readCount } }
    /// Throws at the n-th append from now, as a process that dies there or a broker that is away.
    var failsAfter: Int {
        get { state.withLock { $0.appendsLeft } }
        set { state.withLock { $0.appendsLeft = newValue } }
    }

    func last() throws -> (key: CheckpointKey, value: [UInt8]?)? {
        state.withLock { $0.records.last.map { ($0.key, $0.value) } }
    }

    func read(_ handler: (Int64, CheckpointKey, UnsafeRawBufferPointer?) throws -> Void) throws {
        let records = state.withLock {
            $0.readCount += 1
            return $0.records
        }
        for record in records {
            if let value = record.value {
                try value.withUnsafeBytes { try handler(record.offset, record.key, $0) }
            } else {
                try handler(record.offset, record.key, nil)
            }
        }
    }

    func end() throws -> Int64 { state.withLock { $0.end } }

    func append(_ key: CheckpointKey, _ value: UnsafeRawBufferPointer?) throws {
        try state.withLock { state in
            if state.appendsLeft <= 0 { throw Died() }
            state.appendsLeft -= 1
            state.records.append(Record(offset: state.end, key: key, value: value.map { Array($0) }))
            state.end += 1
            state.unflushed += value?.count ?? 0
        }
    }

    func flush() throws { state.withLock { $0.unflushed = 0 } }

    func trim(before offset: Int64) throws { state.withLock { $0.records.removeAll { $0.offset < offset } } }

    /// Clears as Kafka does: of a key the newest record stays, tombstones go.
    func compact() {
        state.withLock { state in
            var newest: [CheckpointKey: Int64] = [:]
            for record in state.records { newest[record.key] = record.offset }
            state.records.removeAll { newest[$0.key] != $0.offset || $0.value == nil }
        }
    }

    /// Epochs of which a piece is left that was not taken back.
    var epochs: [Int64] {
        var alive: Set<CheckpointKey> = []
        for record in records {
            if record.value == nil { alive.remove(record.key) } else { alive.insert(record.key) }
        }
        return Set(alive.map(\.epoch)).sorted(by: >)
    }
}
