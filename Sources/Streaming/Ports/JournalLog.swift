/// The journal partition of one cell, as a log to read.
public protocol JournalLog: AnyObject {
    /// The first offset kept and the end (high watermark) that the log has now.
    func bounds() throws -> Range<Int64>

    /// Calls `handler` with each record from `offset` up to the end that the log had when this was called, in order.
    /// The bytes are borrowed for the call. Throws when the end is not reached in time.
    func read(from offset: Int64, _ handler: (_ offset: Int64, _ record: UnsafeRawBufferPointer) throws -> Void) throws
}
