import Events

/// What leaves the loop before its commit is sealed.
public enum OutputKind: UInt8, Sendable {
    /// A recommendation list, or its tombstone when the value is null.
    case recommendation
    case deadLetter
}

/// Encoded records on their way out, in one reused buffer.
public final class OutputChunk {
    public struct Record {
        public var kind: OutputKind
        public var keyStart: Int
        /// -1 for a null key.
        public var keyCount: Int
        public var valueStart: Int
        /// -1 for a null value.
        public var valueCount: Int
        /// Index into `headers`, or -1 for the kind's standard headers.
        public var headers: Int

        public init(
            kind: OutputKind, keyStart: Int, keyCount: Int, valueStart: Int, valueCount: Int, headers: Int = -1
        ) {
            self.kind = kind
            self.keyStart = keyStart
            self.keyCount = keyCount
            self.valueStart = valueStart
            self.valueCount = valueCount
            self.headers = headers
        }
    }

    public let bytes = ByteBuffer(capacity: 1 << 20)
    public var records: [Record] = []
    /// Headers of dead letters.
    public var headers: [[RecordHeader]] = []

    public init() { records.reserveCapacity(1024) }

    public func removeAll() {
        bytes.removeAll()
        records.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
    }

    /// Borrowed; without an address for a null.
    public func key(of record: Record) -> UnsafeRawBufferPointer { slice(record.keyStart, record.keyCount) }

    /// Borrowed; without an address for a null.
    public func value(of record: Record) -> UnsafeRawBufferPointer { slice(record.valueStart, record.valueCount) }

    private func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        count < 0
            ? UnsafeRawBufferPointer(start: nil, count: 0)
            : UnsafeRawBufferPointer(rebasing: bytes.bytes[start..<start + count])
    }
}

/// What the broker said since the last look.
public enum DeliveryReport: Sendable, Equatable {
    /// This many lists and dead letters of commit `epoch` are acknowledged.
    case delivered(epoch: Int64, count: Int)
    /// The journal record of commit `epoch` is acknowledged and stands at `offset`.
    case journaled(epoch: Int64, offset: Int64)
}

/// What is promised for lists.
public enum Delivery: Sendable, Equatable {
    /// Lists go out at once; after a crash some may come again.
    case atLeastOnce
    /// Lists, dead letters and the journal record of a commit, with the input positions, stand together or not at all.
    case exactlyOnce
}

/// Where the loop's results go: Kafka, or a model of it in tests.
///
/// All calls come from the learner thread. A full queue waits and never drops.
public protocol EventSink: AnyObject {
    var delivery: Delivery { get }

    /// Takes the right to publish from whoever had it; called once, when this instance leads. Returns the journal's
    /// end after that: nobody else can append to it. `whileWaiting` is called again and again while it takes long, and
    /// ends the wait by throwing.
    func open(whileWaiting: () throws -> Void) throws -> Int64

    /// Sends the chunk's records as part of commit `epoch`. The chunk may be reused when this returns.
    func send(_ chunk: OutputChunk, epoch: Int64) throws

    /// Completes commit `epoch` with its journal record and the input positions after it.
    ///
    /// - Parameter storesOffsets: whether a transaction stores those positions as the group's offsets too.
    func append(
        journalRecord: UnsafeRawBufferPointer, epoch: Int64, inputs: [InputPartition: Int64], storesOffsets: Bool
    ) throws

    /// Hands every report that waits to `handler`; blocks up to `waitMilliseconds` for the first one. Throws
    /// when a record could not be delivered for good.
    func poll(waitMilliseconds: Int32, _ handler: (DeliveryReport) -> Void) throws

    /// Waits for everything that is under way, at most this long.
    func close(waitMilliseconds: Int32) throws
}
