/// The journal partition of one cell, as a log to read.
///
/// Offsets may have gaps, where transactions were marked or given up.
public protocol JournalLog: AnyObject {
    /// The first offset kept and the end (high watermark) that the log has now.
    func bounds() throws -> Range<Int64>

    /// Calls `handler` with each record from `offset` up to the last stable offset of now, in order, and returns where to
    /// go on: there. That is the log's end, or where a transaction is open. The bytes are borrowed for the call.
    /// Throws when it is not reached in time.
    @discardableResult
    func read(
        from offset: Int64, _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64

    /// Calls `handler` with what has come from `offset` on, waiting at most this long for the first of it, and returns
    /// where to go on. For following without end; calls go on from one another.
    func follow(
        from offset: Int64, waitMilliseconds: Int32,
        _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64

    /// Nothing more is read for now, so nothing need be fetched ahead. Reading may go on later.
    func rest()
}

extension JournalLog {
    public func rest() {}
}
