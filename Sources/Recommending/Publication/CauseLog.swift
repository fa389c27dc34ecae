import Events

/// The events that made somebody due in the open commit, as columns, each linked to the one before it of the same
/// user: enough to name the newest sixteen with every list.
public final class CauseLog {
    /// No cause.
    public static let none = Int32(-1)
    /// The most causes that a list names.
    public static let namedMax = 16

    private struct Columns {
        var capacity: Int
        var count = 0
        var topics: UnsafeMutablePointer<UInt8>
        var partitions: UnsafeMutablePointer<Int32>
        var offsets: UnsafeMutablePointer<Int64>
        var eventTimes: UnsafeMutablePointer<Int64>
        var idStarts: UnsafeMutablePointer<UInt32>
        var idCounts: UnsafeMutablePointer<UInt16>
        var previous: UnsafeMutablePointer<Int32>

        init(capacity: Int) {
            self.capacity = capacity
            topics = .allocate(capacity: capacity)
            partitions = .allocate(capacity: capacity)
            offsets = .allocate(capacity: capacity)
            eventTimes = .allocate(capacity: capacity)
            idStarts = .allocate(capacity: capacity)
            idCounts = .allocate(capacity: capacity)
            previous = .allocate(capacity: capacity)
        }

        func deallocate() {
            topics.deallocate()
            partitions.deallocate()
            offsets.deallocate()
            eventTimes.deallocate()
            idStarts.deallocate()
            idCounts.deallocate()
            previous.deallocate()
        }

        /// Twice as long, with the same rows.
        func grown() -> Columns {
            var larger = Columns(capacity: capacity * 2)
            larger.count = count
            larger.topics.update(from: topics, count: count)
            larger.partitions.update(from: partitions, count: count)
            larger.offsets.update(from: offsets, count: count)
            larger.eventTimes.update(from: eventTimes, count: count)
            larger.idStarts.update(from: idStarts, count: count)
            larger.idCounts.update(from: idCounts, count: count)
            larger.previous.update(from: previous, count: count)
            return larger
        }
    }

    /// Behind a pointer, because a stored property of a class is checked for exclusive access at each use.
    private let columns: UnsafeMutablePointer<Columns>
    private let idBytes = ByteBuffer(capacity: 1 << 16)

    public init(capacity: Int = 1 << 14) {
        columns = .allocate(capacity: 1)
        columns.initialize(to: Columns(capacity: capacity))
    }

    deinit {
        columns.pointee.deallocate()
        columns.deallocate()
    }

    public var count: Int { columns.pointee.count }

    public func removeAll() {
        columns.pointee.count = 0
        idBytes.removeAll()
    }

    /// Notes an event whose user had `previous` as his newest cause; returns the new newest.
    @inline(__always)
    public func append(
        topic: InputTopic, partition: Int32, offset: Int64, eventTime: Int64, eventID: UnsafeRawBufferPointer,
        previous before: Int32
    ) -> Int32 {
        if columns.pointee.count == columns.pointee.capacity { grow() }
        let at = columns.pointee.count
        columns.pointee.topics[at] = topic.rawValue
        columns.pointee.partitions[at] = partition
        columns.pointee.offsets[at] = offset
        columns.pointee.eventTimes[at] = eventTime
        columns.pointee.idStarts[at] = UInt32(truncatingIfNeeded: idBytes.count)
        columns.pointee.idCounts[at] = UInt16(truncatingIfNeeded: eventID.count)
        idBytes.append(eventID)
        columns.pointee.previous[at] = before
        columns.pointee.count = at + 1
        return Int32(truncatingIfNeeded: at)
    }

    public func topic(_ at: Int32) -> InputTopic { InputTopic(rawValue: columns.pointee.topics[Int(at)]) ?? .ratings }
    public func partition(_ at: Int32) -> Int32 { columns.pointee.partitions[Int(at)] }
    public func offset(_ at: Int32) -> Int64 { columns.pointee.offsets[Int(at)] }
    public func eventTime(_ at: Int32) -> Int64 { columns.pointee.eventTimes[Int(at)] }
    public func eventID(_ at: Int32) -> UnsafeRawBufferPointer {
        let bytes = idBytes.bytes
        let start = Int(columns.pointee.idStarts[Int(at)])
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(columns.pointee.idCounts[Int(at)]))])
    }
    public func previous(_ at: Int32) -> Int32 { columns.pointee.previous[Int(at)] }

    @inline(never)
    private func grow() {
        let larger = columns.pointee.grown()
        columns.pointee.deallocate()
        columns.pointee = larger
    }
}
