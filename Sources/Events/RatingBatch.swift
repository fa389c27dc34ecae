/// Ratings as columns, filled by the decoder and read by the learner; reused from batch to batch.
///
/// Row `i` of every column is the i-th accepted rating. Columns hold `capacity` rows; filling more is a
/// programming error.
public final class RatingBatch {
    public let capacity: Int
    /// Number of rows. It stands behind a pointer like the columns: no check of exclusivity a row.
    public var count: Int {
        get { rowCount.pointee }
        set { rowCount.pointee = newValue }
    }

    private let rowCount: UnsafeMutablePointer<Int>

    public let userIDs: UnsafeMutablePointer<Int64>
    public let movieIDs: UnsafeMutablePointer<Int64>
    /// 1…10; 0 for a removal without a value.
    public let halfStars: UnsafeMutablePointer<UInt8>
    /// `Rating.Operation` raw values.
    public let operations: UnsafeMutablePointer<UInt8>
    /// Milliseconds since 1970, already defaulted to the record's timestamp.
    public let eventTimes: UnsafeMutablePointer<Int64>
    public let recordTimestamps: UnsafeMutablePointer<Int64>
    public let partitions: UnsafeMutablePointer<Int32>
    public let offsets: UnsafeMutablePointer<Int64>
    /// Where the event id stands in `eventIDBytes`, as it stood between its quotes (JSON escapes kept).
    public let eventIDStarts: UnsafeMutablePointer<UInt32>
    /// 0 where there is none.
    public let eventIDCounts: UnsafeMutablePointer<UInt16>
    public let eventIDBytes: ByteBuffer

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        rowCount = .allocate(capacity: 1)
        rowCount.initialize(to: 0)
        userIDs = .allocate(capacity: capacity)
        movieIDs = .allocate(capacity: capacity)
        halfStars = .allocate(capacity: capacity)
        operations = .allocate(capacity: capacity)
        eventTimes = .allocate(capacity: capacity)
        recordTimestamps = .allocate(capacity: capacity)
        partitions = .allocate(capacity: capacity)
        offsets = .allocate(capacity: capacity)
        eventIDStarts = .allocate(capacity: capacity)
        eventIDCounts = .allocate(capacity: capacity)
        eventIDBytes = ByteBuffer(capacity: capacity * 16)
    }

    deinit {
        rowCount.deallocate()
        userIDs.deallocate()
        movieIDs.deallocate()
        halfStars.deallocate()
        operations.deallocate()
        eventTimes.deallocate()
        recordTimestamps.deallocate()
        partitions.deallocate()
        offsets.deallocate()
        eventIDStarts.deallocate()
        eventIDCounts.deallocate()
    }

    public func removeAll() {
        count = 0
        eventIDBytes.removeAll()
    }
}
