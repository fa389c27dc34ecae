import Events

/// The events that made somebody due in the open commit, as columns, each linked to the one before it of the same
/// user: enough to name the newest sixteen with every list.
public final class CauseLog {
    /// No cause.
    public static let none = Int32(-1)
    /// The most causes that a list names.
    public static let namedMax = 16

    public private(set) var count = 0
    private var capacity: Int
    private var topics: UnsafeMutablePointer<UInt8>
    private var partitions: UnsafeMutablePointer<Int32>
    private var offsets: UnsafeMutablePointer<Int64>
    private var eventTimes: UnsafeMutablePointer<Int64>
    private var idStarts: UnsafeMutablePointer<UInt32>
    private var idCounts: UnsafeMutablePointer<UInt16>
    private var previous: UnsafeMutablePointer<Int32>
    private let idBytes = ByteBuffer(capacity: 1 << 16)

    public init(capacity: Int = 1 << 14) {
        self.capacity = capacity
        topics = .allocate(capacity: capacity)
        partitions = .allocate(capacity: capacity)
        offsets = .allocate(capacity: capacity)
        eventTimes = .allocate(capacity: capacity)
        idStarts = .allocate(capacity: capacity)
        idCounts = .allocate(capacity: capacity)
        previous = .allocate(capacity: capacity)
    }

    deinit {
        topics.deallocate()
        partitions.deallocate()
        offsets.deallocate()
        eventTimes.deallocate()
        idStarts.deallocate()
        idCounts.deallocate()
        previous.deallocate()
    }

    public func removeAll() {
        count = 0
        idBytes.removeAll()
    }

    /// Notes an event whose user had `previous` as his newest cause; returns the new newest.
    @inline(__always)
    public func append(
        topic: InputTopic, partition: Int32, offset: Int64, eventTime: Int64, eventID: UnsafeRawBufferPointer,
        previous before: Int32
    ) -> Int32 {
        if count == capacity { grow() }
        let at = count
        topics[at] = topic.rawValue
        partitions[at] = partition
        offsets[at] = offset
        eventTimes[at] = eventTime
        idStarts[at] = UInt32(truncatingIfNeeded: idBytes.count)
        idCounts[at] = UInt16(truncatingIfNeeded: eventID.count)
        idBytes.append(eventID)
        previous[at] = before
        count = at + 1
        return Int32(truncatingIfNeeded: at)
    }

    public func topic(_ at: Int32) -> InputTopic { InputTopic(rawValue: topics[Int(at)]) ?? .ratings }
    public func partition(_ at: Int32) -> Int32 { partitions[Int(at)] }
    public func offset(_ at: Int32) -> Int64 { offsets[Int(at)] }
    public func eventTime(_ at: Int32) -> Int64 { eventTimes[Int(at)] }
    public func eventID(_ at: Int32) -> UnsafeRawBufferPointer {
        let bytes = idBytes.bytes
        let start = Int(idStarts[Int(at)])
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(idCounts[Int(at)]))])
    }
    public func previous(_ at: Int32) -> Int32 { previous[Int(at)] }

    private func grow() {
        let larger = capacity * 2
        topics = Self.moved(topics, count, larger)
        partitions = Self.moved(partitions, count, larger)
        offsets = Self.moved(offsets, count, larger)
        eventTimes = Self.moved(eventTimes, count, larger)
        idStarts = Self.moved(idStarts, count, larger)
        idCounts = Self.moved(idCounts, count, larger)
        previous = Self.moved(previous, count, larger)
        capacity = larger
    }

    private static func moved<Value>(
        _ old: UnsafeMutablePointer<Value>, _ count: Int, _ capacity: Int
    ) -> UnsafeMutablePointer<Value> {
        let new = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        new.update(from: old, count: count)
        old.deallocate()
        return new
    }
}
